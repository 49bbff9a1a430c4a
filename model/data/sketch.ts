import type { Input } from '#core/contracts/common.ts';

/** Coefficients in each direction. The very first one, the mean brightness, is left out. */
const COEFFICIENTS = 8;
/** Blocks in each direction whose mean colour is kept. */
const BLOCKS = 4;
const HASH_BYTES = 8;
/** What is kept of an image to compare it with others: its hash, then the mean colours of its blocks. */
export const SKETCH_BYTES = HASH_BYTES + BLOCKS * BLOCKS * 3;

/** Makes sketches of images of one size. */
export class Sketcher {
  readonly #size: Pick<Input, 'height' | 'width'>;
  readonly #rows: Float64Array;
  readonly #columns: Float64Array;

  constructor({ height, width }: Pick<Input, 'height' | 'width'>) {
    this.#size = { height, width };
    this.#rows = cosines(height);
    this.#columns = cosines(width);
  }

  /**
   * @param pixels height × width × 3 values in 0…255
   * @returns `SKETCH_BYTES` bytes
   */
  sketch(pixels: Uint8Array): Uint8Array {
    const sketch = new Uint8Array(SKETCH_BYTES);
    const view = new DataView(sketch.buffer);
    for (const [index, word] of this.#hash(pixels).entries()) view.setInt32(4 * index, word, true);
    sketch.set(this.#blocks(pixels), HASH_BYTES);
    return sketch;
  }

  /**
   * Which of the 63 low frequencies of the brightness are above their median, as two 32-bit words (Zauner,
   * "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, the DCT hash).
   */
  #hash(pixels: Uint8Array): [number, number] {
    const { height, width } = this.#size;
    const partial = new Float64Array(COEFFICIENTS * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * 3;
        // Rec. 601 luma.
        const value = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
        for (let u = 0; u < COEFFICIENTS; u++) {
          partial[u * height + y]! += value * this.#columns[u * width + x]!;
        }
      }
    }
    const coefficients: number[] = [];
    for (let v = 0; v < COEFFICIENTS; v++) {
      for (let u = 0; u < COEFFICIENTS; u++) {
        let sum = 0;
        for (let y = 0; y < height; y++) sum += partial[u * height + y]! * this.#rows[v * height + y]!;
        if (u + v > 0) coefficients.push(sum);
      }
    }
    const median = [...coefficients].sort((a, b) => a - b)[coefficients.length >> 1]!;
    const words: [number, number] = [0, 0];
    for (const [i, value] of coefficients.entries()) if (value > median) words[i >> 5]! |= 1 << (i & 31);
    return words;
  }

  #blocks(pixels: Uint8Array): Float64Array {
    const { height, width } = this.#size;
    const sums = new Float64Array(BLOCKS * BLOCKS * 3);
    const counts = new Float64Array(BLOCKS * BLOCKS);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const block = Math.floor((y * BLOCKS) / height) * BLOCKS + Math.floor((x * BLOCKS) / width);
        counts[block]!++;
        for (let c = 0; c < 3; c++) sums[3 * block + c]! += pixels[(y * width + x) * 3 + c]!;
      }
    }
    return sums.map((sum, index) => Math.round(sum / Math.max(1, counts[Math.floor(index / 3)]!)));
  }
}

/**
 * Sketches of many images in one array: with hundreds of thousands of images, millions of pairs are compared.
 */
export class Sketches {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;

  constructor(count: number) {
    const buffer = new ArrayBuffer(count * SKETCH_BYTES);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
  }

  set(index: number, sketch: Uint8Array): void {
    this.#bytes.set(sketch, index * SKETCH_BYTES);
  }

  /** @returns how many of the 63 bits of the hashes differ */
  hashDistance(own: number, others: Sketches, other: number): number {
    const [a, b] = [(own * SKETCH_BYTES) >> 2, (other * SKETCH_BYTES) >> 2];
    return ones(this.#words[a]! ^ others.#words[b]!) + ones(this.#words[a + 1]! ^ others.#words[b + 1]!);
  }

  /**
   * @returns mean difference of the blocks' colours, 0…255. The images' own is not below it, but for
   *   rounding.
   */
  blockDifference(own: number, others: Sketches, other: number): number {
    const [a, b] = [own * SKETCH_BYTES, other * SKETCH_BYTES];
    let sum = 0;
    for (let i = HASH_BYTES; i < SKETCH_BYTES; i++) {
      sum += Math.abs(this.#bytes[a + i]! - others.#bytes[b + i]!);
    }
    return sum / (SKETCH_BYTES - HASH_BYTES);
  }
}

/** Basis of the first eight DCT-II coefficients over `size` samples, COEFFICIENTS × size. */
function cosines(size: number): Float64Array {
  const basis = new Float64Array(COEFFICIENTS * size);
  for (let u = 0; u < COEFFICIENTS; u++) {
    for (let x = 0; x < size; x++) basis[u * size + x] = Math.cos(((2 * x + 1) * u * Math.PI) / (2 * size));
  }
  return basis;
}

/** Bits set in a 32-bit word (Warren, Hacker's Delight, 5–1). */
function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
