import { createHash, hash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { parseJson } from '#core/parse.ts';
import { linesOf, writeLines } from './line-file.ts';

const headerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of the folder, of `domain.json` and of the bucket's listing at the end of the last push. */
  folder: z.string(),
  settings: sha256Schema,
  listing: z.string(),
  /** Digest of the images that `domain.json` has committed. */
  digest: z.string(),
  images: z.int(),
  extra: z.array(z.string()),
  extraCount: z.int(),
  damaged: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});

/** What the last push found, for the next one. */
export type IndexHeader = z.output<typeof headerSchema>;

/** An image as it is in the bucket. */
export interface IndexedImage {
  key: string;
  sha256: string;
  etag: string;
}

/** Its file: one for each folder, domain and bucket. */
export async function indexFile(state: string, folder: string, target: readonly string[]): Promise<string> {
  const name = createHash('sha256')
    .update([await realpath(folder), ...target].join('\0'))
    .digest('hex');
  return join(state, 'data', `${name.slice(0, 32)}.index`);
}

/**
 * @returns undefined where there is none
 * @throws InvalidInputError when it is damaged
 */
export async function readHeader(path: string): Promise<IndexHeader | undefined> {
  for await (const line of linesOf(path)) return parseJson(headerSchema, line, `The index "${path}"`);
  return undefined;
}

/** Images as they were in the bucket: a digest for each, since there may be millions. */
export class KnownObjects {
  readonly #digests = new Set<string>();

  add(image: IndexedImage): void {
    this.#digests.add(digestOf(image));
  }

  has(image: IndexedImage): boolean {
    return this.#digests.has(digestOf(image));
  }
}

function digestOf({ key, sha256, etag }: IndexedImage): string {
  return hash('sha256', `${key}\0${sha256}\0${etag}`, 'base64url');
}

/** A line that is damaged is passed over: its image is looked at anew. */
export async function readKnownObjects(path: string): Promise<KnownObjects> {
  const images = new KnownObjects();
  for await (const line of linesOf(path)) {
    const match = /^([0-9a-f]{64}) (\S+) "(.+)"$/.exec(line);
    if (match === null) continue;
    images.add({ key: decodeURIComponent(match[3]!), sha256: match[1]!, etag: match[2]! });
  }
  return images;
}

/** Replaces the index in one step. */
export async function writeIndex(
  path: string,
  header: IndexHeader,
  images: Iterable<IndexedImage>,
): Promise<void> {
  await writeLines(path, linesFor(header, images));
}

function* linesFor(header: IndexHeader, images: Iterable<IndexedImage>): Generator<string> {
  yield JSON.stringify(header);
  for (const { key, sha256, etag } of images) yield `${sha256} ${etag} "${encodeURIComponent(key)}"`;
}
