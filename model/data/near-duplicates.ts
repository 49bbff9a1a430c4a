import type { Input } from '#core/contracts/common.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import type { Images } from './data-set.ts';

/**
 * How many of the 63 bits may differ between the hashes of two near-duplicates. Measured on the 420 icons of
 * `examples/icons` at 32 × 32 pixels: JPEG at quality 70, scaling to 60 %, and WebP at quality 60 with 5 %
 * more light change at most 12 bits. Half of all pairs of different icons differ in 32 bits or more.
 */
const MAXIMUM_DISTANCE = 12;
/**
 * Mean difference of the channels' values (0…255). The same copies reach at most 15. With both limits all 360
 * copies are found, and none of 87,990 pairs of different icons is taken for a copy.
 */
const MAXIMUM_DIFFERENCE = 16;
/** Coefficients in each direction. The very first one, the mean brightness, is left out. */
const SIDE = 8;
const IMAGES_PER_TURN = 64;

/** A small size that is enough to see whether an image can be decoded, and whether two look the same. */
export const THUMBNAIL: Input = {
  name: 'thumbnail',
  layout: 'NHWC',
  height: 32,
  width: 32,
  colours: 'RGB',
  resize: { fit: 'stretch' },
  interpolation: 'lanczos3',
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

/** A training and a test image that look the same: scaled, compressed or stored again. */
export interface NearDuplicate {
  train: string;
  test: string;
}

/**
 * Pairs of a test image and the first training image that looks the same, by a perceptual hash (Zauner,
 * "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, the DCT hash). The hash ignores
 * colours and small differences, and classes of icons look alike, so pairs with similar hashes are compared
 * pixel by pixel, too.
 *
 * Images are compared at a small size, so images that look the same are found, however different the files
 * are.
 */
export async function nearDuplicates(
  train: Images,
  test: Images,
  signal?: AbortSignal,
): Promise<NearDuplicate[]> {
  const trainHashes = await hashesOf(train, signal);
  const testHashes = await hashesOf(test, signal);
  const pairs: NearDuplicate[] = [];
  for (let i = 0; i < test.size; i++) {
    const twin = twinOf(i);
    if (twin !== undefined) pairs.push({ train: train.ids[twin]!, test: test.ids[i]! });
    if (i % IMAGES_PER_TURN === 0) await yieldToEventLoop(signal);
  }
  return pairs;

  function twinOf(i: number): number | undefined {
    const [first, second] = [testHashes[2 * i]!, testHashes[2 * i + 1]!];
    let own: Uint8Array | undefined;
    for (let k = 0; k < train.size; k++) {
      const distance = ones(first ^ trainHashes[2 * k]!) + ones(second ^ trainHashes[2 * k + 1]!);
      if (distance > MAXIMUM_DISTANCE) continue;
      own ??= test.gather([i]);
      if (meanDifference(own, train.gather([k])) <= MAXIMUM_DIFFERENCE) return k;
    }
    return undefined;
  }
}

/**
 * Two words for each image, in a typed array: with hundreds of thousands of images, millions of pairs are
 * compared.
 */
async function hashesOf(data: Images, signal: AbortSignal | undefined): Promise<Int32Array> {
  const basis = { rows: cosines(data.input.height), columns: cosines(data.input.width) };
  const hashes = new Int32Array(2 * data.size);
  for (let i = 0; i < data.size; i++) {
    hashes.set(perceptualHash(data.gather([i]), data.input, basis), 2 * i);
    if (i % IMAGES_PER_TURN === 0) await yieldToEventLoop(signal);
  }
  return hashes;
}

/** Basis of the first eight DCT-II coefficients over `size` samples, SIDE × size. */
function cosines(size: number): Float64Array {
  const basis = new Float64Array(SIDE * size);
  for (let u = 0; u < SIDE; u++) {
    for (let x = 0; x < size; x++) basis[u * size + x] = Math.cos(((2 * x + 1) * u * Math.PI) / (2 * size));
  }
  return basis;
}

/** Which of the 63 low frequencies of the brightness are above their median, as two 32-bit words. */
function perceptualHash(
  pixels: Uint8Array,
  { height, width }: Pick<Input, 'height' | 'width'>,
  { rows, columns }: Record<'rows' | 'columns', Float64Array>,
): [number, number] {
  const partial = new Float64Array(SIDE * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      // Rec. 601 luma.
      const value = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
      for (let u = 0; u < SIDE; u++) partial[u * height + y]! += value * columns[u * width + x]!;
    }
  }
  const coefficients: number[] = [];
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++) {
      let sum = 0;
      for (let y = 0; y < height; y++) sum += partial[u * height + y]! * rows[v * height + y]!;
      if (u + v > 0) coefficients.push(sum);
    }
  }
  const median = [...coefficients].sort((a, b) => a - b)[coefficients.length >> 1]!;
  const words: [number, number] = [0, 0];
  for (const [i, value] of coefficients.entries()) if (value > median) words[i >> 5]! |= 1 << (i & 31);
  return words;
}

/** Bits set in a 32-bit word (Warren, Hacker's Delight, 5–1). */
function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
