import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  compositeChecksum,
  partSizeFor,
  s3Checksum,
  s3ChecksumOf,
} from '../../../onprem-agent/aws/checksum.ts';
import { versionOf } from '../../../onprem-agent/model-folder/manifest.ts';

const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
const parts = (...texts: string[]) => texts.map((text) => digest(text).toString('base64'));

describe("S3's SHA-256 of a file", () => {
  it.each(['', 'x', 'four'])('of one part is the digest of %j', (text) => {
    expect(s3Checksum(parts(text))).toBe(digest(text).toString('base64'));
    expect(s3ChecksumOf(Buffer.from(text))).toBe(digest(text).toString('base64'));
  });

  it('of several parts is the digest of their digests and their number', () => {
    const expected = digest(Buffer.concat([digest('four'), digest('four'), digest('x')])).toString('base64');
    expect(s3Checksum(parts('four', 'four', 'x'))).toBe(`${expected}-3`);
    expect(compositeChecksum(parts('four'))).toMatch(/-1$/);
  });

  it('takes at most 10,000 parts, and none below the minimum of S3', () => {
    expect(partSizeFor(1)).toBe(5 * 1024 * 1024);
    expect(Math.ceil(5e12 / partSizeFor(5e12))).toBeLessThanOrEqual(10_000);
  });
});

describe('a version', () => {
  it('is the UTC time and the first digits of the weights', () => {
    const time = new Date('2026-11-23T16:42:00.999+01:00');

    expect(versionOf(time, `3f2a9c${'0'.repeat(58)}`)).toBe('20261123T154200Z-3f2a9c');
  });
});
