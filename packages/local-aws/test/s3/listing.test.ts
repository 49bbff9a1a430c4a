import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareKeys } from '../../src/services/s3/store/key-order.ts';
import { type Storage, startStorage } from './bucket.ts';

let storage: Storage;
const Bucket = 'listing';
const KEYS = [
  'a.txt',
  'a/1',
  'a/2',
  'a/b/3',
  'b',
  'c d/+1 %.png',
  'c d/ö&<.png',
  'd/1',
  '\u{ff5e}wide',
  '\u{1f34c}banana',
];

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Off' });
  for (const Key of [...KEYS].reverse())
    await storage.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(() => storage.stop());

const list = async (input: Partial<ListObjectsV2CommandInput> = {}) => {
  const page = await storage.s3.send(new ListObjectsV2Command({ Bucket, ...input }));
  return {
    keys: page.Contents?.map((one) => one.Key),
    prefixes: page.CommonPrefixes?.map((one) => one.Prefix),
    page,
  };
};

describe('a listing', () => {
  it('is in the order of the keys’ UTF-8 bytes', async () => {
    expect((await list()).keys).toEqual(KEYS);
    const bytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const a of KEYS) for (const b of KEYS) expect(Math.sign(compareKeys(a, b))).toBe(bytes(a, b));
  });

  it('takes a prefix, and groups by a delimiter', async () => {
    expect((await list({ Prefix: 'a/' })).keys).toEqual(['a/1', 'a/2', 'a/b/3']);
    const folders = await list({ Delimiter: '/' });
    expect(folders.keys).toEqual(['a.txt', 'b', '\u{ff5e}wide', '\u{1f34c}banana']);
    expect(folders.prefixes).toEqual(['a/', 'c d/', 'd/']);
    expect(folders.page.KeyCount).toBe(7);
    const below = await list({ Prefix: 'a/', Delimiter: '/' });
    expect([below.keys, below.prefixes]).toEqual([['a/1', 'a/2'], ['a/b/']]);
  });

  it.each([1, 2, 3, 4, 10])('in pages of %i gives everything once', async (pageSize) => {
    for (const Delimiter of [undefined, '/']) {
      const seen: (string | undefined)[] = [];
      const pages = paginateListObjectsV2({ client: storage.s3, pageSize }, { Bucket, Delimiter });
      for await (const page of pages) {
        expect(page.KeyCount).toBeLessThanOrEqual(pageSize);
        seen.push(...(page.Contents ?? []).map((one) => one.Key));
        seen.push(...(page.CommonPrefixes ?? []).map((one) => one.Prefix));
      }
      const whole = await list({ Delimiter });
      expect(new Set(seen)).toEqual(new Set([...(whole.keys ?? []), ...(whole.prefixes ?? [])]));
      expect(seen).toHaveLength(whole.page.KeyCount!);
    }
  });

  it('begins after a key, and says what it left', async () => {
    const { keys, page } = await list({ StartAfter: 'a/2', MaxKeys: 2 });
    expect(keys).toEqual(['a/b/3', 'b']);
    expect(page).toMatchObject({ IsTruncated: true, StartAfter: 'a/2', MaxKeys: 2 });
  });

  it('encodes keys when asked', async () => {
    const { keys } = await list({ Prefix: 'c d/', EncodingType: 'url' });
    expect(keys).toEqual(['c+d/%2B1+%25.png', 'c+d/%C3%B6%26%3C.png']);
  });

  it('has size, ETag and date of each object', async () => {
    const { page } = await list({ Prefix: 'b' });
    expect(page.Contents).toMatchObject([
      { Key: 'b', Size: 1, ETag: '"92eb5ffee6ae2fec3ad71c777531578f"', StorageClass: 'STANDARD' },
    ]);
    expect(page.Contents?.[0]?.LastModified).toBeInstanceOf(Date);
  });

  it('in its first version pages by marker', async () => {
    const first = await storage.s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'a/' });
    const next = await storage.s3.send(
      new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker }),
    );
    expect(next.Contents?.[0]?.Key).toBe('b');
  });

  it('refuses a token that it never gave', async () => {
    await expect(list({ ContinuationToken: 'nonsense!' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});
