import * as tf from '@tensorflow/tfjs-core';
import type { FeatureRows } from './feature-rows.ts';

/** Rows that are multiplied at a time. */
const BLOCK_ROWS = 4_096;

/** Feature rows as a matrix X, cut into blocks, which is multiplied with small matrices again and again. */
export interface FeatureBlocks {
  readonly blocks: readonly { from: number; to: number }[];
  /**
   * `X V` of one block.
   *
   * @param v shape [width, columns]
   * @returns rows × columns values
   */
  forward(block: number, v: tf.Tensor2D): Float32Array;
  /**
   * `Xᵀ R` of the block that `forward` was called for last.
   *
   * @param r rows × columns values
   * @returns width × columns values
   */
  backward(block: number, r: Float32Array): Float32Array;
  dispose(): void;
}

type Pair = { x: tf.Tensor2D; transposed: tf.Tensor2D };

/**
 * @param memoryBytes blocks stay on the backend, transposed as well (which spares the WebAssembly backend its
 *   slow multiplication with a transposed matrix), when they fit; else each is read again for every
 *   multiplication
 */
export function createFeatureBlocks(features: FeatureRows, memoryBytes: number): FeatureBlocks {
  const { rows, width } = features;
  const blocks = Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, i) => ({
    from: i * BLOCK_ROWS,
    to: Math.min(rows, (i + 1) * BLOCK_ROWS),
  }));
  const stay = 2 * rows * width * Float32Array.BYTES_PER_ELEMENT <= memoryBytes;
  const held = new Map<number, Pair>();
  const load = (block: number): Pair => {
    const found = held.get(block);
    if (found) return found;
    if (!stay) release();
    const { from, to } = blocks[block]!;
    const x = tf.tensor2d(features.read(from, to), [to - from, width]);
    const pair = { x, transposed: tf.transpose(x) };
    held.set(block, pair);
    return pair;
  };
  const release = () => {
    for (const { x, transposed } of held.values()) tf.dispose([x, transposed]);
    held.clear();
  };
  return {
    blocks,
    forward: (block, v) => multiply(load(block).x, v),
    backward(block, r) {
      const { transposed } = load(block);
      const [, count] = transposed.shape;
      const residuals = tf.tensor2d(r, [count, r.length / count]);
      const product = multiply(transposed, residuals);
      residuals.dispose();
      return product;
    },
    dispose: release,
  };
}

function multiply(a: tf.Tensor2D, b: tf.Tensor2D): Float32Array {
  const product = tf.matMul(a, b);
  const values = product.dataSync<'float32'>();
  product.dispose();
  return values;
}
