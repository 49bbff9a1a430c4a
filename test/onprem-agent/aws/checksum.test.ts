import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partSizeFor, s3Checksum, s3ChecksumOf } from '../../../onprem-agent/aws/checksum.ts';
import { versionOf } from '../../../onprem-agent/model-folder/manifest.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-checksum-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();

describe("S3's SHA-256 of a file", () => {
  it.each(['', 'x', 'four'])('of one part is the digest of %j', async (text) => {
    await writeFile(join(root, 'file'), text);

    expect(await s3Checksum(join(root, 'file'), 4)).toBe(digest(text).toString('base64'));
    expect(s3ChecksumOf(Buffer.from(text))).toBe(digest(text).toString('base64'));
  });

  it('of several parts is the digest of their digests and their number', async () => {
    await writeFile(join(root, 'file'), 'fourfourx');

    const expected = digest(Buffer.concat([digest('four'), digest('four'), digest('x')])).toString('base64');
    expect(await s3Checksum(join(root, 'file'), 4)).toBe(`${expected}-3`);
  });

  it('takes at most 10,000 parts', () => {
    expect(partSizeFor(1)).toBe(8 * 1024 * 1024);
    expect(Math.ceil(5e12 / partSizeFor(5e12))).toBeLessThanOrEqual(10_000);
  });
});

describe('a version', () => {
  it('is the UTC time and the first digits of the weights', () => {
    const time = new Date('2026-11-23T16:42:00.999+01:00');

    expect(versionOf(time, `3f2a9c${'0'.repeat(58)}`)).toBe('20261123T154200Z-3f2a9c');
  });
});
