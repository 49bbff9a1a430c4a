import type { FeatureRows } from './feature-rows.ts';
import type { Products } from './products.ts';

/** Rows that are multiplied at a time. */
const BLOCK_ROWS = 4_096;

/** Feature rows as a matrix X, cut into blocks, which is multiplied with small matrices again and again. */
export interface FeatureBlocks {
  readonly blocks: readonly { from: number; to: number }[];
  /**
   * `X V` of one block.
   *
   * @param v width × columns values
   * @returns rows × columns values
   */
  forward(block: number, v: Float32Array): Promise<Float32Array>;
  /**
   * `Xᵀ R` of one block.
   *
   * @param r rows × columns values
   * @returns width × columns values
   */
  backward(block: number, r: Float32Array): Promise<Float32Array>;
}

export function createFeatureBlocks(features: FeatureRows, products: Products): FeatureBlocks {
  const { rows, width } = features;
  const blocks = Array.from({ length: Math.ceil(rows / BLOCK_ROWS) }, (_, i) => ({
    from: i * BLOCK_ROWS,
    to: Math.min(rows, (i + 1) * BLOCK_ROWS),
  }));
  const matrix = (block: number) => {
    const { from, to } = blocks[block]!;
    return { rows: to - from, columns: width, values: features.read(from, to) };
  };
  return {
    blocks,
    forward(block, values) {
      return products.multiply(matrix(block), { rows: width, columns: values.length / width, values });
    },
    backward(block, values) {
      const x = matrix(block);
      const r = { rows: x.rows, columns: values.length / x.rows, values };
      return products.multiplyTransposed(x, r);
    },
  };
}
