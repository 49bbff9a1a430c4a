import { availableParallelism } from 'node:os';
import { forEachBounded } from '#core/bounded.ts';
import type { NamedImage, Part } from '#core/data-checks.ts';
import { sha256 } from '#core/digest.ts';
import { decodeImage, readImageFile } from '#model/data/image.ts';
import type { ImageFile } from '#model/data/label-folders.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { Sketcher } from '#model/data/sketch.ts';
import { yieldToEventLoop } from '#model/yield-to-event-loop.ts';
import { isRacy, lookOf, statusOf } from './file-look.ts';
import type { KnownImage, KnownImages } from './known-images.ts';

/** A readable image of a domain; digest and size are of the bytes that were checked. */
export interface DomainImage extends NamedImage, Omit<KnownImage, 'look'> {
  path: string;
  /** Index of its label; 0 in `other/`. */
  classIndex: number;
  size: number;
  /** Undefined where the file is so new that it may change without looking different. */
  look: string | undefined;
}

export interface Damaged {
  id: string;
  reason: string;
}

/** The images of one part of a domain, in the order of their files. */
export interface Survey {
  images: DomainImage[];
  damaged: Damaged[];
}

export interface SurveyOptions {
  /**
   * Images whose files still look as they are known to are not read. What has been looked at is taken out,
   * so that millions of images are not in memory twice.
   */
  known: KnownImages;
  onProgress: (part: Part, done: number, total: number) => void;
  /** Each image as it is found, so that nothing is lost when the survey ends early. */
  onImage: (image: DomainImage) => void;
  signal: AbortSignal;
}

/** Files after which other work gets a turn. */
const TURN = 500;
const sketcher = new Sketcher(THUMBNAIL);

/** Reads and decodes the images that are new or changed. Their pixels are not kept. */
export async function survey(
  part: Part,
  files: readonly ImageFile[],
  { known, onProgress, onImage, signal }: SurveyOptions,
): Promise<Survey> {
  const found: (DomainImage | Damaged)[] = new Array(files.length);
  const unread: number[] = [];
  const now = Date.now();
  let done = 0;
  const nameOf = (id: string) => `${part}/${id}`;
  const add = (index: number, result: DomainImage | Damaged) => {
    found[index] = result;
    if ('path' in result) onImage(result);
    known.delete(nameOf(files[index]!.id));
    done++;
  };
  for (const [index, { id, path, classIndex }] of files.entries()) {
    const image = known.get(nameOf(id));
    // Synchronously, which is several times as fast as through the thread pool.
    const status = image && statusOf(path);
    if (image !== undefined && status !== undefined && image.look === lookOf(status)) {
      add(index, { part, id, path, classIndex, size: status.size, ...image });
    } else unread.push(index);
    if (index % TURN > 0) continue;
    onProgress(part, done, files.length);
    await yieldToEventLoop(signal);
  }
  await forEachBounded(unread, Math.min(16, 2 * availableParallelism()), async (index) => {
    signal.throwIfAborted();
    add(index, await read(part, files[index]!, now));
    onProgress(part, done, files.length);
  });
  const images: DomainImage[] = [];
  const damaged: Damaged[] = [];
  for (const result of found) {
    if ('path' in result) images.push(result);
    else damaged.push(result);
  }
  return { images, damaged };
}

async function read(part: Part, file: ImageFile, now: number): Promise<DomainImage | Damaged> {
  const { id, path, classIndex } = file;
  // Before it is read: a change in between shows the next time.
  const status = statusOf(path);
  try {
    const bytes = await readImageFile(path);
    const sketch = sketcher.sketch(await decodeImage(bytes, THUMBNAIL));
    return {
      ...{ part, id, path, classIndex, size: bytes.length, sha256: sha256(bytes) },
      look: isRacy(status, now) ? undefined : lookOf(status),
      sketch: Buffer.from(sketch).toString('base64'),
      compared: undefined,
    };
  } catch (error) {
    return { id, reason: (error as Error).message };
  }
}
