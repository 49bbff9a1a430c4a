import * as tf from '@tensorflow/tfjs-core';
import { type Code, defineFunction, f32x4, i32, type Local, loop, sequence, set } from './assembler.ts';
import { addressOf, kernelFunction, valuesOf, type WasmBackend } from './heap.ts';

/** Rows and vectors (of 4 columns) of the product that are computed together, in 12 registers. */
const LEFTS = ['left0', 'left1', 'left2', 'left3'] as const;
const ROWS = LEFTS.length;
const VECTORS = 3;
const COLUMNS = 4 * VECTORS;

/**
 * Replaces the backend's matrix product, which is fast only when neither matrix is transposed: gradients of
 * dense layers transpose one. Small products and batches of different matrices stay with the original.
 */
export function registerMatrixProduct() {
  const original = tf.getKernel('BatchMatMul', 'wasm');
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...original,
    kernelFunc: (args) => {
      const { a, b } = args.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const { transposeA, transposeB } = args.attrs as unknown as {
        transposeA: boolean;
        transposeB: boolean;
      };
      const batches = [a, b].map(({ shape }) => shape.slice(0, -2).reduce((size, side) => size * side, 1));
      const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
      const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
      const [rows, inner] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
      const columns = transposeB ? bRows : bColumns;
      const fits = rows >= ROWS && columns >= COLUMNS && inner > 0;
      const floats = a.dtype === 'float32' && b.dtype === 'float32';
      if (batches.some((size) => size !== 1) || !fits || !floats) return original.kernelFunc(args);
      const backend = args.backend as WasmBackend;
      const rank = Math.max(a.shape.length, b.shape.length);
      const shape = [...new Array<number>(rank - 2).fill(1), rows, columns];
      const out = backend.makeOutput(shape, 'float32');
      const right = transposeB ? transposed(backend, b, bRows, bColumns) : b;
      kernelFunction(
        backend,
        'matrix product',
        () => matrixProduct,
      )({
        a: addressOf(backend, a),
        b: addressOf(backend, right),
        c: addressOf(backend, out),
        rows,
        inner,
        columns,
        rowBytes: 4 * (transposeA ? 1 : aColumns),
        columnBytes: 4 * (transposeA ? aColumns : 1),
      });
      if (right !== b) backend.disposeData(right.dataId);
      return out;
    },
  });
}

function transposed(backend: WasmBackend, matrix: tf.TensorInfo, rows: number, columns: number) {
  const out = backend.makeOutput([columns, rows], 'float32');
  const source = valuesOf(backend, matrix);
  const target = valuesOf(backend, out);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      target[column * rows + row] = source[row * columns + column]!;
  }
  return out;
}

/**
 * C = A × B of any sizes from one tile on. `rowBytes` and `columnBytes` are from one row or column of A to
 * the next. The last tile of a row or column overlaps the one before it instead of being smaller.
 */
const matrixProduct = defineFunction({
  parameters: ['a', 'b', 'c', 'rows', 'inner', 'columns', 'rowBytes', 'columnBytes'],
  variables: ['width', 'row', 'column', 'k', 'firstRow', 'firstColumn', 'right', 'target', ...LEFTS],
  body(names, vector) {
    const { a, b, c, rows, inner, columns, rowBytes, columnBytes } = names;
    const { width, row, column, k, firstRow, firstColumn, right, target } = names;
    const lefts = LEFTS.map((name) => names[name]);
    const value = vector();
    const vectors = Array.from({ length: VECTORS }, vector);
    const sums = lefts.map(() => vectors.map(vector));
    const notBeyond = (position: Local, last: Code) => i32.select(position, last, i32.less(position, last));

    const oneTerm = sequence(
      ...vectors.map((vector, v) => set(vector, f32x4.load(right, 16 * v))),
      ...lefts.flatMap((left, r) => [
        set(value, f32x4.loadSplat(left)),
        ...sums[r]!.map((sum, v) => set(sum, f32x4.add(sum, f32x4.multiply(value, vectors[v]!)))),
        set(left, i32.add(left, columnBytes)),
      ]),
      set(right, i32.add(right, width)),
    );
    const oneTile = sequence(
      set(firstRow, notBeyond(row, i32.subtract(rows, ROWS))),
      ...lefts.map((left, r) => set(left, i32.add(a, i32.multiply(i32.add(firstRow, r), rowBytes)))),
      set(right, i32.add(b, i32.multiply(firstColumn, 4))),
      ...sums.flat().map((sum) => set(sum, f32x4.zero)),
      loop(k, { from: 0, to: inner, step: 1 }, oneTerm),
      set(target, i32.add(i32.add(c, i32.multiply(firstColumn, 4)), i32.multiply(firstRow, width))),
      ...sums.flatMap((sumsOfRow) => [
        ...sumsOfRow.map((sum, v) => f32x4.store(target, sum, 16 * v)),
        set(target, i32.add(target, width)),
      ]),
    );
    return sequence(
      set(width, i32.multiply(columns, 4)),
      loop(
        column,
        { from: 0, to: columns, step: COLUMNS },
        sequence(
          set(firstColumn, notBeyond(column, i32.subtract(columns, COLUMNS))),
          loop(row, { from: 0, to: rows, step: ROWS }, oneTile),
        ),
      ),
    );
  },
});
