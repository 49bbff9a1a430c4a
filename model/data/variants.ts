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

/** What determines how a variant of an image looks; undefined for the image itself. */
export const seedOf = ({ seed }: Pick<Variants, 'seed'>, id: string, variant: number): string | undefined =>
  variant === 0 ? undefined : `${seed} ${id} ${variant}`;

/** The images of some rows, ready for `augment`. */
export function gatherVariants(
  data: Pick<DataSet, 'ids' | 'gather'>,
  rows: ArrayLike<number>,
  variants: Variants,
): ImageBatch {
  const images = Int32Array.from(rows, (row) => Math.floor(row / variants.perImage));
  const seeds = Array.from(images, (image, i) => {
    return seedOf(variants, data.ids[image]!, rows[i]! % variants.perImage);
  });
  return { pixels: data.gather(images), seeds };
}

/** The rows of these images. */
export function rowsOfImages(images: ArrayLike<number>, { perImage }: Variants): Int32Array {
  return Int32Array.from({ length: images.length * perImage }, (_, i) => {
    return images[Math.floor(i / perImage)]! * perImage + (i % perImage);
  });
}
