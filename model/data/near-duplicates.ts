import type { Input } from '#core/contracts/common.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import type { Images } from './data-set.ts';
import { Sketcher, Sketches } from './sketch.ts';

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
/** The blocks of a sketch may differ in size by a row or a column, and are rounded. */
const MAXIMUM_BLOCK_DIFFERENCE = 1.2 * MAXIMUM_DIFFERENCE + 1;
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

/** Images that can be compared, all at the same size. */
export interface Comparable {
  ids: readonly string[];
  sketches: Sketches;
  /** Pixels of one image: height × width × 3 values in 0…255. */
  pixels(index: number): Uint8Array | Promise<Uint8Array>;
}

/** What is known from an earlier comparison of images that are still the same. */
export interface EarlierPairs {
  /** Whether a training image took part in it. */
  hasTrain(index: number): boolean;
  /**
   * The training image that a test image was found to look like, as its index; `none` where it looked like
   * none; undefined where the test image did not take part, or that training image is gone.
   */
  twinOf(index: number): number | 'none' | undefined;
}

/**
 * Pairs of a test image and the first training image that looks the same, by a perceptual hash. The hash
 * ignores colours and small differences, and classes of icons look alike, so pairs with similar hashes are
 * compared pixel by pixel, too.
 *
 * Images are compared at a small size, so images that look the same are found, however different the files
 * are.
 *
 * @param options `earlier` saves the comparison of images that have been compared before
 */
export async function nearDuplicates(
  train: Comparable,
  test: Comparable,
  options: {
    earlier?: EarlierPairs;
    onProgress?: (done: number, total: number) => void;
    signal?: AbortSignal;
  } = {},
): Promise<NearDuplicate[]> {
  const { earlier, signal } = options;
  const all = train.ids.map((_, index) => index);
  const fresh = earlier === undefined ? all : all.filter((index) => !earlier.hasTrain(index));
  const pairs: NearDuplicate[] = [];
  for (const [index, id] of test.ids.entries()) {
    const known = earlier?.twinOf(index);
    const twin = typeof known === 'number' ? known : await find(index, known === 'none' ? fresh : all);
    if (twin !== undefined) pairs.push({ train: train.ids[twin]!, test: id });
    if (index % IMAGES_PER_TURN > 0) continue;
    options.onProgress?.(index, test.ids.length);
    await yieldToEventLoop(signal);
  }
  return pairs;

  async function find(index: number, candidates: readonly number[]): Promise<number | undefined> {
    let own: Uint8Array | undefined;
    for (const other of candidates) {
      if (test.sketches.hashDistance(index, train.sketches, other) > MAXIMUM_DISTANCE) continue;
      const blocks = test.sketches.blockDifference(index, train.sketches, other);
      if (blocks > MAXIMUM_BLOCK_DIFFERENCE) continue;
      own ??= await test.pixels(index);
      if (meanDifference(own, await train.pixels(other)) <= MAXIMUM_DIFFERENCE) return other;
    }
    return undefined;
  }
}

/** Loaded images as they are compared. */
export async function comparable(images: Images, signal?: AbortSignal): Promise<Comparable> {
  const sketcher = new Sketcher(images.input);
  const sketches = new Sketches(images.size);
  for (let index = 0; index < images.size; index++) {
    sketches.set(index, sketcher.sketch(images.gather([index])));
    if (index % IMAGES_PER_TURN === 0) await yieldToEventLoop(signal);
  }
  return { ids: images.ids, sketches, pixels: (index) => images.gather([index]) };
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
