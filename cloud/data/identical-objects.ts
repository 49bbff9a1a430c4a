import { createHash } from 'node:crypto';
import { forEachBounded } from '#core/bounded.ts';
import { groupBy } from '#core/group-by.ts';
import type { Bucket } from '../aws/bucket.ts';

/**
 * Parallel requests: within a group of one size, and groups. Ten thousand images of one size take about
 * twenty seconds.
 */
const PARALLEL_REQUESTS = 12;
const PARALLEL_SIZES = 4;
/**
 * An ETag of this form is the content's MD5 or, with a KMS key, random. Equal ETags mean equal content;
 * different ETags mean nothing.
 */
const WHOLE_OBJECT_ETAG = /^[0-9a-f]{32}$/;

/** Checksums besides SHA-256 that S3 may keep for an object. Equal ones do not prove equal content. */
const CHECKSUMS = ['ChecksumCRC64NVME', 'ChecksumCRC32', 'ChecksumCRC32C', 'ChecksumSHA1'] as const;
type Checksums = Partial<Record<(typeof CHECKSUMS)[number] | 'ChecksumSHA256', string>>;

export interface ListedObject {
  key: string;
  size: number;
  /** Without quotes. */
  etag: string;
}

/**
 * Groups of two or more objects with the same bytes, found with as few requests as possible:
 *
 * 1. objects of different sizes differ: no request;
 * 2. objects of the same size and ETag are the same: no request;
 * 3. same size, different ETags: S3 gives the checksums that it keeps. SHA-256 (which `graft data push`
 *    stores) decides; of another checksum that all of them have, different values mean different objects;
 * 4. objects that are still in doubt are read and hashed.
 *
 * Empty objects are left out, since they are no images.
 */
export async function identicalObjects<Item extends ListedObject>(
  bucket: Bucket,
  objects: readonly Item[],
): Promise<Item[][]> {
  const bySize = groupBy(
    objects.filter(({ size }) => size > 0),
    ({ size }) => String(size),
  );
  const groups: Item[][] = [];
  await forEachBounded(
    bySize.filter((sameSize) => sameSize.length > 1),
    PARALLEL_SIZES,
    async (sameSize) => {
      for (const group of await identicalAmong(bucket, sameSize)) groups.push(group);
    },
  );
  // In the order of the listing, not of the answers.
  const place = new Map(objects.map((object, index) => [object.key, index]));
  return groups.sort(([one], [other]) => place.get(one!.key)! - place.get(other!.key)!);
}

/** @param sameSize two or more objects of one size */
async function identicalAmong<Item extends ListedObject>(
  bucket: Bucket,
  sameSize: readonly Item[],
): Promise<Item[][]> {
  const byEtag = groupBy(sameSize, ({ etag, key }) => (WHOLE_OBJECT_ETAG.test(etag) ? etag : key));
  if (byEtag.length === 1) return [[...sameSize]];
  const contents = await contentsOf(
    bucket,
    byEtag.map(([first]) => first!.key),
  );
  return groupBy(byEtag, ([first]) => contents.get(first!.key)!)
    .map((same) => same.flat())
    .filter((same) => same.length > 1);
}

/** A text for each key. Two objects have the same text if and only if they have the same bytes. */
async function contentsOf(bucket: Bucket, keys: readonly string[]): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  const known = new Map<string, Checksums>();
  await forEachBounded(keys, PARALLEL_REQUESTS, async (key) => {
    known.set(key, await checksumsOf(bucket, key));
  });
  const all = [...known.values()];
  const shared = CHECKSUMS.find((name) => all.every((checksums) => checksums[name] !== undefined));
  const sameChecksum = shared === undefined ? [[...keys]] : groupBy(keys, (key) => known.get(key)![shared]!);
  const doubtful: string[] = [];
  for (const group of sameChecksum) {
    // An object with a checksum that no other has is different from all others.
    if (group.length === 1) contents.set(group[0]!, group[0]!);
    else for (const key of group) doubtful.push(key);
  }
  await forEachBounded(doubtful, PARALLEL_REQUESTS, async (key) => {
    contents.set(key, known.get(key)!.ChecksumSHA256 ?? (await sha256Of(bucket, key)));
  });
  return contents;
}

/**
 * Checksums of the whole object. One that S3 made from the checksums of parts (`…-<parts>`) cannot be
 * compared.
 */
async function checksumsOf(bucket: Bucket, key: string): Promise<Checksums> {
  const head = await bucket.head(key, { ChecksumMode: 'ENABLED' });
  const checksums: Checksums = {};
  for (const name of [...CHECKSUMS, 'ChecksumSHA256'] as const) {
    const value = head[name];
    if (value !== undefined && !value.includes('-')) checksums[name] = value;
  }
  return checksums;
}

/** In base64, as S3 writes it. */
async function sha256Of(bucket: Bucket, key: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await bucket.stream(key)) hash.update(chunk as Buffer);
  return hash.digest('base64');
}
