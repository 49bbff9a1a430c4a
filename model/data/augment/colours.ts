import type { Size } from './resample.ts';

/** An image in memory: red, green and blue of each pixel, 0…255, rows from the top. */
export type Pixels = Float32Array;

/** Rec. 601, as PIL and torchvision weigh the colours. */
const grey = (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b;

const MOST = 255;
const clamp = (value: number) => (value < 0 ? 0 : value > MOST ? MOST : value);

/** All in place, after PIL's `ImageEnhance` and `ImageOps`. A factor of 1 leaves the image as it is. */

export function brighten(image: Pixels, factor: number) {
  for (let i = 0; i < image.length; i++) image[i] = clamp(image[i]! * factor);
}

/** Away from its mean grey, or towards it. */
export function contrast(image: Pixels, factor: number) {
  let sum = 0;
  for (let i = 0; i < image.length; i += 3) sum += grey(image[i]!, image[i + 1]!, image[i + 2]!);
  const shift = ((3 * sum) / image.length) * (1 - factor);
  for (let i = 0; i < image.length; i++) image[i] = clamp(image[i]! * factor + shift);
}

/** 0 leaves only grey. */
export function saturate(image: Pixels, factor: number) {
  for (let i = 0; i < image.length; i += 3) {
    const shift = grey(image[i]!, image[i + 1]!, image[i + 2]!) * (1 - factor);
    for (let c = i; c < i + 3; c++) image[c] = clamp(image[c]! * factor + shift);
  }
}

/** 0 gives the mean of each pixel and its neighbours, itself five times; a border of one pixel stays. */
export function sharpen(image: Pixels, factor: number, { height, width }: Size) {
  const source = image.slice();
  const row = 3 * width;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      let sum = 4 * source[i]!;
      for (let line = i - row; line <= i + row; line += row) {
        sum += source[line - 3]! + source[line]! + source[line + 3]!;
      }
      const smooth = sum / 13;
      image[i] = clamp(smooth + (source[i]! - smooth) * factor);
    }
  }
}

/** Keeps the upper bits of every value. */
export function posterise(image: Pixels, bits: number) {
  const mask = 256 - 2 ** (8 - bits);
  for (let i = 0; i < image.length; i++) image[i] = Math.round(image[i]!) & mask;
}

/** Inverts the values from a threshold on. */
export function solarise(image: Pixels, threshold: number) {
  for (let i = 0; i < image.length; i++) if (image[i]! >= threshold) image[i] = MOST - image[i]!;
}

/** Stretches each colour to 0…255. */
export function stretch(image: Pixels) {
  for (let colour = 0; colour < 3; colour++) {
    let [least, most] = [MOST, 0];
    for (let i = colour; i < image.length; i += 3) {
      least = Math.min(least, image[i]!);
      most = Math.max(most, image[i]!);
    }
    if (most <= least) continue;
    const factor = MOST / (most - least);
    for (let i = colour; i < image.length; i += 3) image[i] = (image[i]! - least) * factor;
  }
}

/** Makes the values of each colour equally frequent. */
export function equalise(image: Pixels) {
  for (let colour = 0; colour < 3; colour++) {
    const counts = new Int32Array(MOST + 1);
    for (let i = colour; i < image.length; i += 3) counts[Math.round(image[i]!)]!++;
    const last = counts.findLast((count) => count > 0)!;
    const step = Math.floor((image.length / 3 - last) / MOST);
    if (step === 0) continue;
    const mapped = new Uint8Array(MOST + 1);
    let below = step >> 1;
    for (let value = 0; value <= MOST; value++) {
      mapped[value] = Math.min(MOST, Math.floor(below / step));
      below += counts[value]!;
    }
    for (let i = colour; i < image.length; i += 3) image[i] = mapped[Math.round(image[i]!)]!;
  }
}
