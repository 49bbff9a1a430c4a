import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf, writeLines } from './line-file.ts';

/** What is known of an image, as long as its file looks the same. */
export interface KnownImage {
  /** Of the file: size, times and inode; see `lookOf`. */
  look: string;
  sha256: string;
  /** As `Sketcher` makes it, in Base64. */
  sketch: string;
  /**
   * Undefined where the image has not been compared with those of the other part. Of a test image, the id of
   * the training image that it looks like; empty where there is none.
   */
  compared: string | undefined;
}

/** By `<part>/<id>`. */
export type KnownImages = Map<string, KnownImage>;

/** Changes when what a line says changes, so that everything is looked at anew. */
const VERSION = 'graft images 1';
const LINE = /^(\S+) ([0-9a-f]{64}) ([A-Za-z0-9+/=]+) (-|=|"(.+)") "(.+)"$/;

/** Their file: one for each folder, whatever bucket it is pushed to. */
export async function knownImagesFile(state: string, folder: string): Promise<string> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  return join(state, 'data', `${name.slice(0, 32)}.images`);
}

/** A line that is damaged, and a file of another version, is passed over: its images are read again. */
export async function readKnownImages(path: string): Promise<KnownImages> {
  const images = new Map<string, KnownImage>();
  let version: string | undefined;
  for await (const line of linesOf(path)) {
    version ??= line;
    if (version !== VERSION) break;
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, look, sha256, sketch, state, twin, id] = match;
    const compared = state === '-' ? undefined : decodeURIComponent(twin ?? '');
    images.set(decodeURIComponent(id!), { look: look!, sha256: sha256!, sketch: sketch!, compared });
  }
  return images;
}

/** Replaces the file in one step. */
export async function writeKnownImages(
  path: string,
  images: Iterable<readonly [id: string, image: KnownImage]>,
): Promise<void> {
  await writeLines(path, linesFor(images));
}

function* linesFor(images: Iterable<readonly [id: string, image: KnownImage]>): Generator<string> {
  yield VERSION;
  for (const [id, { look, sha256, sketch, compared }] of images) {
    const state = compared === undefined ? '-' : compared === '' ? '=' : `"${encodeURIComponent(compared)}"`;
    yield `${look} ${sha256} ${sketch} ${state} "${encodeURIComponent(id)}"`;
  }
}
