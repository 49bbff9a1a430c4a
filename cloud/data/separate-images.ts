import { GetObjectCommand } from '@aws-sdk/client-s3';
import { forEachBounded } from '#core/bounded.ts';
import { damagedProblems, noImageWarnings, type Part } from '#core/data-checks.ts';
import { hasImageEnding, IMAGE_HEAD_BYTES, imageType, MAXIMUM_IMAGE_BYTES } from '#core/image-files.ts';
import { type Bucket, isNoSuchObject } from '../aws/bucket.ts';
import type { ListedFile } from '../aws/listed-files.ts';

/** Parallel requests for the first bytes of objects. */
const PARALLEL_REQUESTS = 32;

/**
 * Separates images from files that a training job leaves out. Those are files that are empty or too large,
 * and files without an image's ending whose first bytes are not an image's. Damaged images are found only
 * when they are decoded.
 *
 * Files with the usual endings take no request; each other file takes one, for its first bytes.
 */
export async function separateImages(
  data: Bucket,
  part: Part,
  files: readonly ListedFile[],
): Promise<{ images: ListedFile[]; problems: string[]; warnings: string[] }> {
  const others = new Set(files.filter(({ size }) => size === 0 || size > MAXIMUM_IMAGE_BYTES));
  const doubtful = files.filter((file) => !others.has(file) && !hasImageEnding(file.id));
  await forEachBounded(doubtful, PARALLEL_REQUESTS, async (file) => {
    if (imageType(await firstBytesOf(data, file.key)) === undefined) others.add(file);
  });
  const names = files.filter((file) => others.has(file)).map(({ id }) => `${part}/${id}`);
  return {
    images: files.filter((file) => !others.has(file)),
    problems: damagedProblems(part, names, files.length),
    warnings: noImageWarnings(names),
  };
}

/** The first bytes of an object; none when it was removed after it was listed. */
async function firstBytesOf({ s3, name }: Bucket, key: string): Promise<Uint8Array> {
  try {
    const range = `bytes=0-${IMAGE_HEAD_BYTES - 1}`;
    const object = await s3.send(new GetObjectCommand({ Bucket: name, Key: key, Range: range }));
    return await object.Body!.transformToByteArray();
  } catch (error) {
    if (isNoSuchObject(error)) return new Uint8Array();
    throw error;
  }
}
