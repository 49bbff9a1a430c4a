import sharp from 'sharp';
import type { BatchSample } from '#model/training/batch-sample.ts';

export interface Picture {
  png: Uint8Array;
  width: number;
  height: number;
}

/** Pixels of a picture's side, about. */
const SIDE = 512;
/** Columns of a sheet of images. */
const COLUMNS = 4;

/** Images side by side. @param size height and width of each */
export async function sheetOf({ pixels }: Pick<BatchSample, 'pixels'>, size: number): Promise<Picture> {
  const columns = Math.min(COLUMNS, pixels.length);
  const width = columns * size;
  const height = Math.ceil(pixels.length / columns) * size;
  const all = new Uint8Array(width * height * 3);
  for (const [n, own] of pixels.entries()) {
    const left = (n % columns) * size;
    const top = Math.floor(n / columns) * size;
    for (let y = 0; y < size; y++) {
      all.set(own.subarray(y * size * 3, (y + 1) * size * 3), ((top + y) * width + left) * 3);
    }
  }
  return pngOf(all, width, height);
}

/**
 * A confusion matrix as squares, from white (none of a class's images) to dark blue (all of them): true
 * classes from top to bottom, answers from left to right, both in the order of labels.
 *
 * @param counts row by row
 */
export async function confusionPicture(counts: Float32Array): Promise<Picture> {
  const labels = Math.sqrt(counts.length);
  const cell = Math.max(1, Math.floor(SIDE / labels));
  const width = labels * cell;
  const all = new Uint8Array(width * width * 3);
  for (let row = 0; row < labels; row++) {
    const own = counts.subarray(row * labels, (row + 1) * labels);
    const total = own.reduce((sum, count) => sum + count, 0);
    for (let y = row * cell; y < (row + 1) * cell; y++) {
      for (let x = 0; x < width; x++) {
        const share = total > 0 ? own[Math.floor(x / cell)]! / total : 0;
        all.set([255 - 247 * share, 255 - 207 * share, 255 - 148 * share], (y * width + x) * 3);
      }
    }
  }
  return pngOf(all, width, width);
}

async function pngOf(pixels: Uint8Array, width: number, height: number): Promise<Picture> {
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { png, width, height };
}
