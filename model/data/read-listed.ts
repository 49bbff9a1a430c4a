import { InvalidInputError } from '#core/errors.ts';
import { MAXIMUM_IMAGE_BYTES } from '#core/image-files.ts';
import { openRegularFile } from '#core/regular-file.ts';
import { readImageFile } from './image.ts';
import { type ImageList, pathOf } from './image-list.ts';

/**
 * The encoded bytes of one image of a list.
 *
 * @throws InvalidInputError when it is no regular file, is too large, or its shard is shorter than it was
 * @throws the system's error when it cannot be read
 */
export async function readListed(list: ImageList, image: number): Promise<Uint8Array> {
  const path = pathOf(list, image);
  const { shards } = list;
  if (shards === undefined) return readImageFile(path);
  const length = shards.lengths[image]!;
  if (length > MAXIMUM_IMAGE_BYTES) {
    throw new InvalidInputError(`it has more than the ${MAXIMUM_IMAGE_BYTES / 2 ** 20} MiB allowed`);
  }
  const file = await openRegularFile(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, shards.offsets[image]! + done);
      if (bytesRead === 0) throw new InvalidInputError('its shard is shorter than it was');
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
