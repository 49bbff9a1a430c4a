import type { ImageBatch } from './augment.ts';
import type { DataSet } from './data-set.ts';

/**
 * A fixed number of variants of each image. Row `image × perImage + variant` is one of them; variant 0 is the
 * image itself.
 */
export interface Variants {
  perImage: number;
  seed: number;
}

/** Each image once, as it is: rows are images. */
export const UNVARIED: Variants = { perImage: 1, seed: 0 };

/** The images of some rows, ready for `augment`. */
export function gatherVariants(
  data: Pick<DataSet, 'ids' | 'gather'>,
  rows: ArrayLike<number>,
  { perImage, seed }: Variants,
): ImageBatch {
  const images = Int32Array.from(rows, (row) => Math.floor(row / perImage));
  const seeds = Array.from(images, (image, i) => {
    const variant = rows[i]! % perImage;
    return variant === 0 ? undefined : `${seed} ${data.ids[image]} ${variant}`;
  });
  return { pixels: data.gather(images), seeds };
}

/** The rows of these images. */
export function rowsOfImages(images: ArrayLike<number>, { perImage }: Variants): Int32Array {
  return Int32Array.from({ length: images.length * perImage }, (_, i) => {
    return images[Math.floor(i / perImage)]! * perImage + (i % perImage);
  });
}
