import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { parseJson } from '#core/parse.ts';

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
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  for await (const line of linesOf(file)) return parseJson(headerSchema, line, `The index "${path}"`);
  return parseJson(headerSchema, '', `The index "${path}"`);
}

/** SHA-256 and ETag by key. A line that is damaged is passed over: its image is looked at anew. */
export async function readImages(path: string): Promise<Map<string, { sha256: string; etag: string }>> {
  const images = new Map<string, { sha256: string; etag: string }>();
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return images;
  for await (const line of linesOf(file)) {
    const match = /^([0-9a-f]{64}) (\S+) "(.+)"$/.exec(line);
    if (match !== null) images.set(decodeURIComponent(match[3]!), { sha256: match[1]!, etag: match[2]! });
  }
  return images;
}

/** Closes the file at the end. */
async function* linesOf(file: FileHandle): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of file.createReadStream({ encoding: 'utf8', highWaterMark: 1024 * 1024 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Replaces the index in one step. */
export async function writeIndex(
  path: string,
  header: IndexHeader,
  images: Iterable<IndexedImage>,
): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    let lines = `${JSON.stringify(header)}\n`;
    for (const { key, sha256, etag } of images) {
      lines += `${sha256} ${etag} "${encodeURIComponent(key)}"\n`;
      if (lines.length < 1_000_000) continue;
      await file.write(lines);
      lines = '';
    }
    await file.write(lines);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}
