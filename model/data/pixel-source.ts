import { InvalidInputError } from '#core/errors.ts';
import { decodeImage, type ImageForm } from './image.ts';
import { type ImageList, idOf } from './image-list.ts';
import { openCache, type PixelCache } from './pixel-cache.ts';
import { readListed } from './read-listed.ts';

/**
 * Where the pixels of a training's images are. Plain data with shared buffers, so that every thread can read
 * them for itself.
 */
export type PixelSource =
  /** All of them, one image after the other. */
  | { kind: 'memory'; pixels: Uint8Array }
  /** Decoded at each visit. */
  | { kind: 'files'; list: ImageList; form: ImageForm }
  /** Prepared on disk; what is damaged there is decoded from its file. */
  | { kind: 'cache'; list: ImageList; form: ImageForm; cache: PixelCache };

export interface PixelReader {
  /** height × width × 3 values in 0…255, which must not be changed. */
  read(image: number): Uint8Array | Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * @param imageBytes height × width × 3
 * @param onWarning is told when an image in the cache is damaged
 */
export async function openPixels(
  source: PixelSource,
  imageBytes: number,
  onWarning: (message: string) => void = () => {},
): Promise<PixelReader> {
  if (source.kind === 'memory') {
    const { pixels } = source;
    return {
      read: (image) => pixels.subarray(image * imageBytes, (image + 1) * imageBytes),
      async close() {},
    };
  }
  const { list, form } = source;
  const decode = (image: number) => decodeListed(list, image, form);
  if (source.kind === 'files') return { read: decode, async close() {} };
  const cache = await openCache(source.cache, imageBytes);
  return {
    async read(image) {
      const pixels = await cache.read(image);
      if (typeof pixels !== 'string') return pixels;
      onWarning(`${idOf(list, image)} is decoded from its file again: in the cache ${pixels}`);
      return decode(image);
    },
    close: cache.close,
  };
}

async function decodeListed(list: ImageList, image: number, form: ImageForm): Promise<Uint8Array> {
  try {
    return await decodeImage(await readListed(list, image), form);
  } catch (cause) {
    throw new InvalidInputError(
      `${idOf(list, image)} could be read before the training and cannot be now: ${(cause as Error).message}`,
      { cause, hint: 'Put it back as it was and run the same command again: the training goes on.' },
    );
  }
}
