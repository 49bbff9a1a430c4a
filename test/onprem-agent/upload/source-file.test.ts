import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceFile } from '../../../onprem-agent/upload/source-file.ts';

const MIB = 1024 * 1024;
const signal = new AbortController().signal;
const digest = (bytes: Uint8Array, form: 'base64' | 'hex' = 'base64') =>
  createHash('sha256').update(bytes).digest(form);

let root: string;
let bytes: Buffer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-source-'));
  bytes = Buffer.alloc(12 * MIB + 3, 'a pattern of which no two parts begin alike');
  await writeFile(join(root, 'file'), bytes);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fileOf = (check: Parameters<typeof sourceFile>[1], size = bytes.length) =>
  sourceFile({ path: join(root, 'file'), size }, check, signal);

describe('a file that is uploaded', () => {
  it('has the digest of a part before the whole has been checked, and of all after', async () => {
    let isChecked = false;
    const file = fileOf((found) => {
      isChecked = true;
      expect(found).toEqual({ size: bytes.length, sha256: digest(bytes, 'hex') });
    });
    const first = await file.digestOf(0);
    const early = !isChecked;

    expect(early).toBe(true);
    const parts = [0, 1, 2].map((n) => digest(bytes.subarray(n * 5 * MIB, (n + 1) * 5 * MIB)));
    expect(first).toBe(parts[0]);
    expect(await file.digests()).toEqual(parts);
    expect(isChecked).toBe(true);
  });

  it('has one part when it is empty', async () => {
    await writeFile(join(root, 'empty'), '');
    const file = sourceFile({ path: join(root, 'empty'), size: 0 }, () => {}, signal);
    expect(await file.digests()).toEqual([digest(Buffer.alloc(0))]);
  });

  it('fails with what the check throws, and so does every part that is missing', async () => {
    const file = fileOf(() => {
      throw new Error('other bytes');
    }, 16 * MIB);

    await expect(file.digests()).rejects.toThrow('other bytes');
    await expect(file.digestOf(3)).rejects.toThrow('other bytes');
    expect(await file.digestOf(0)).toBe(digest(bytes.subarray(0, 5 * MIB)));
  });
});
