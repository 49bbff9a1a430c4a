import { MAXIMUM_BATCH_IMAGES, MAXIMUM_REFUSED_IMAGES } from '#core/api/batches.ts';
import type { BatchRecord } from '#core/contracts/batch.ts';
import { InvalidInputError } from '#core/errors.ts';
import { isLitter } from '#core/image-files.ts';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import type { Bucket } from '../aws/bucket.ts';

const EMPTY = { status: 400, detail: 'The file is empty' };

/** The objects of a batch, by their paths below its folder. */
export interface BatchImages {
  images: string[];
  refused: BatchRecord['refused'];
}

/**
 * The images in a folder. Whatever its name, each object counts as one, since the container says what it is;
 * those that operating systems leave behind are left out. One object that SageMaker cannot send would make
 * the whole batch fail, so those are told apart here.
 *
 * @throws InvalidInputError when there is none, or there are too many of one kind
 */
export async function listBatchImages(data: Bucket, folder: string): Promise<BatchImages> {
  const images: string[] = [];
  const refused: BatchRecord['refused'] = [];
  for await (const { key, size } of data.list(folder)) {
    const image = key.slice(folder.length);
    if (image === '' || image.endsWith('/') || image.split('/').some(isLitter)) continue;
    if (size === 0) refused.push({ image, problem: EMPTY });
    else if (size > INSTANCE_BODY_BYTES) {
      const detail = `The image has ${size} bytes, at most ${INSTANCE_BODY_BYTES} are taken: send a smaller image`;
      refused.push({ image, problem: { status: 413, detail } });
    } else images.push(image);
    if (images.length > MAXIMUM_BATCH_IMAGES) {
      throw new InvalidInputError(
        `There are more than ${MAXIMUM_BATCH_IMAGES} images in ${data.uri(folder)}`,
        {
          hint: 'Start a batch for each of its folders.',
        },
      );
    }
    if (refused.length > MAXIMUM_REFUSED_IMAGES) {
      throw new InvalidInputError(
        `More than ${MAXIMUM_REFUSED_IMAGES} objects in ${data.uri(folder)} are empty or have more than ${INSTANCE_BODY_BYTES} bytes, for instance ${refused[0]!.image}`,
        { hint: 'Remove them, or make them smaller.' },
      );
    }
  }
  if (images.length === 0) {
    throw new InvalidInputError(`There is no image of a usable size in ${data.uri(folder)}`);
  }
  return { images, refused };
}

/** SageMaker's manifest of these images ("TransformS3DataSource", API reference). */
export const manifestOf = (folder: string, images: readonly string[]) => [{ prefix: folder }, ...images];
