import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';
import type { Products } from './products.ts';
import type { Scaling } from './standardise.ts';

/**
 * Rows up to which the coordinates below are worth their computation, which grows with the rows' third power.
 */
export const MOST_ROWS = 1_024;
/** Added to the diagonal of the rows' products, as a share of its mean: rounding could make them singular. */
const JITTER = 1e-6;
/** Features that are standardised and multiplied at a time. */
const BLOCK_COLUMNS = 4_096;
const ROWS_PER_TURN = 64;

/** Standardised rows as coordinates in the space that they span. */
export interface RowSpace {
  /** rows × rows values. */
  coordinates: FeatureRows;
  /**
   * A kernel for coordinates as one for the standardised features.
   *
   * @param kernel rows × labelCount values
   * @returns width × labelCount values
   */
  kernelOf(kernel: Float64Array, labelCount: number): Promise<Float64Array>;
}

/**
 * A few hundred rows of many thousand features span a space of a few hundred dimensions, and the regularised
 * head lies in it: its kernel is a sum of rows (Kimeldorf & Wahba, 1971, the representer theorem). So it can
 * be trained on the rows' coordinates, which are many times fewer, and is exactly the same head. With the
 * rows' products G = Z Zᵀ = L Lᵀ (Cholesky), the rows of L are such coordinates; a kernel v for them is the
 * kernel Zᵀ L⁻ᵀ v for the features.
 *
 * @throws the signal's reason
 */
export async function spanRows(
  features: FeatureRows,
  scaling: Scaling,
  products: Products,
  signal?: AbortSignal,
): Promise<RowSpace> {
  const { rows, width } = features;
  const gram = new Float64Array(rows * rows);
  const blocks = Array.from({ length: Math.ceil(width / BLOCK_COLUMNS) }, (_, i) => {
    return { from: i * BLOCK_COLUMNS, to: Math.min(width, (i + 1) * BLOCK_COLUMNS) };
  });
  for (const block of blocks) {
    const z = standardisedColumns(features, scaling, block);
    const product = await products.multiplyByTransposed(z, z);
    for (let i = 0; i < gram.length; i++) gram[i]! += product[i]!;
    await yieldToEventLoop(signal);
  }
  await factorise(gram, rows, signal);
  const coordinates = createFeatureRows(rows, rows, Number.POSITIVE_INFINITY);
  coordinates.write(Float32Array.from(gram), 0);
  return {
    coordinates,
    async kernelOf(kernel, labelCount) {
      const shares = { rows, columns: labelCount, values: solveTransposed(gram, kernel, rows) };
      const result = new Float64Array(width * labelCount);
      for (const block of blocks) {
        const z = standardisedColumns(features, scaling, block);
        result.set(await products.multiplyTransposed(z, shares), block.from * labelCount);
      }
      return result;
    },
  };
}

function standardisedColumns(
  features: FeatureRows,
  { mean, inverse }: Scaling,
  { from, to }: { from: number; to: number },
) {
  const columns = to - from;
  const { rows } = features;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const own = features.read(row, row + 1);
    for (let i = from; i < to; i++) values[row * columns + i - from] = (own[i]! - mean[i]!) * inverse[i]!;
  }
  return { rows, columns, values };
}

/** Replaces a symmetric positive matrix by its Cholesky factor L, with zeros above the diagonal. */
async function factorise(matrix: Float64Array, size: number, signal: AbortSignal | undefined) {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  const jitter = (JITTER * trace) / size + Number.MIN_VALUE;
  for (let i = 0; i < size; i++) {
    if (i % ROWS_PER_TURN === 0) await yieldToEventLoop(signal);
    const row = i * size;
    for (let j = 0; j < i; j++) {
      const other = j * size;
      matrix[row + j] = (matrix[row + j]! - dot(matrix, row, other, j)) / matrix[other + j]!;
    }
    const pivot = matrix[row + i]! + jitter - dot(matrix, row, row, i);
    matrix[row + i] = Math.sqrt(Math.max(pivot, jitter));
    matrix.fill(0, row + i + 1, row + size);
  }
}

/** Of the values from `a` and from `b` on. Four sums at a time do not wait for each other. */
function dot(values: Float64Array, a: number, b: number, length: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    first += values[a + i]! * values[b + i]!;
    second += values[a + i + 1]! * values[b + i + 1]!;
    third += values[a + i + 2]! * values[b + i + 2]!;
    fourth += values[a + i + 3]! * values[b + i + 3]!;
  }
  for (; i < length; i++) first += values[a + i]! * values[b + i]!;
  return first + second + third + fourth;
}

/** Solves `Lᵀ x = v` for each column of v, size × columns values. */
function solveTransposed(factor: Float64Array, v: Float64Array, size: number): Float32Array {
  const columns = v.length / size;
  const x = v.slice();
  for (let i = size - 1; i >= 0; i--) {
    for (let column = 0; column < columns; column++) x[i * columns + column]! /= factor[i * size + i]!;
    for (let j = 0; j < i; j++) {
      const share = factor[i * size + j]!;
      for (let column = 0; column < columns; column++) {
        x[j * columns + column]! -= share * x[i * columns + column]!;
      }
    }
  }
  return Float32Array.from(x);
}
