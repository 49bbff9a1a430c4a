import { defineFunction, f32x4, i32, type Local, loop, type Operand, sequence, set } from './assembler.ts';
import { layoutOf, type Shape } from './frame-source.ts';
import { keepWinners, vectorsAtOnce } from './pooled-convolution-source.ts';

/**
 * The convolution of `convolveAndPool` by minimal filtering, F(2 × 2, 3 × 3) of Lavin & Gray, "Fast
 * Algorithms for Convolutional Neural Networks" (2015), section 4.1: the four places of a pooling window,
 * which look at 4 × 4 pixels, take 16 products for each input and output instead of 36. Patches and filters
 * are transformed to 16 numbers each, which are multiplied as 16 matrix products.
 *
 * Windows are handled in groups; `positions` (int32) has the byte of each window's patch in the framed input.
 */
export const GROUP = 32;

/** Numbers of a transformed patch or filter. */
export const TERMS = 16;

/** Transforms filters in the usual order to `u`: [16, inputs, outputs]. */
export function transformFilters({ inputs, outputs }: Shape) {
  const plane = 4 * inputs * outputs;
  return defineFunction({
    parameters: ['filter', 'u'],
    variables: ['at'],
    body({ filter, u, at }, vector) {
      const g = grid(3, 3, vector);
      const half = grid(4, 3, vector);
      const mean = (a: Local, b: Local, c: Local, sign: 'add' | 'subtract') =>
        f32x4.multiply(f32x4.constant(0.5), f32x4.add(f32x4[sign](a, b), c));
      const spread = (a: Local, b: Local, c: Local): Operand[] => [
        a,
        mean(a, b, c, 'add'),
        mean(a, b, c, 'subtract'),
        c,
      ];
      return loop(
        at,
        { from: 0, to: plane, step: 16 },
        sequence(
          ...g.flat().map((local, place) => set(local, f32x4.load(i32.add(filter, at), place * plane))),
          ...[0, 1, 2].flatMap((c) =>
            spread(g[0]![c]!, g[1]![c]!, g[2]![c]!).map((value, r) => set(half[r]![c]!, value)),
          ),
          ...half.flatMap(([a, b, c], r) =>
            spread(a!, b!, c!).map((value, k) => f32x4.store(i32.add(u, at), value, (4 * r + k) * plane)),
          ),
        ),
      );
    },
  });
}

/** Transforms the patches of one group of windows to `v`: [16, GROUP, inputs]. */
export function transformPatches(shape: Shape) {
  const { pixel, row } = layoutOf(shape);
  return defineFunction({
    parameters: ['x', 'positions', 'v'],
    variables: ['tile', 'channel', 'patch', 'target'],
    body({ x, positions, v, tile, channel, patch, target }, vector) {
      const d = grid(4, 4, vector);
      const half = grid(4, 4, vector);
      const spread = (a: Local, b: Local, c: Local, e: Local) => [
        f32x4.subtract(a, c),
        f32x4.add(b, c),
        f32x4.subtract(c, b),
        f32x4.subtract(b, e),
      ];
      const oneVector = sequence(
        ...d.flatMap((ofRow, r) =>
          ofRow.map((local, c) => set(local, f32x4.load(i32.add(patch, channel), r * row + c * pixel))),
        ),
        ...[0, 1, 2, 3].flatMap((c) =>
          spread(d[0]![c]!, d[1]![c]!, d[2]![c]!, d[3]![c]!).map((value, r) => set(half[r]![c]!, value)),
        ),
        ...half.flatMap(([a, b, c, e], r) =>
          spread(a!, b!, c!, e!).map((value, k) => f32x4.store(target, value, (4 * r + k) * GROUP * pixel)),
        ),
        set(target, i32.add(target, 16)),
      );
      return sequence(
        set(target, v),
        loop(
          tile,
          { from: 0, to: 4 * GROUP, step: 4 },
          sequence(
            set(patch, i32.add(x, i32.load(i32.add(positions, tile)))),
            loop(channel, { from: 0, to: pixel, step: 16 }, oneVector),
          ),
        ),
      );
    },
  });
}

/** Windows whose sums are in registers together. */
const ROWS = 4;

/** `m` [16, GROUP, outputs] = `v` [16, GROUP, inputs] × `u` [16, inputs, outputs]. */
export function multiplyTerms(shape: Shape) {
  const { pixel, outputPixel } = layoutOf(shape);
  const vectors = vectorsAtOnce(shape);
  return defineFunction({
    parameters: ['v', 'u', 'm'],
    variables: ['term', 'block', 'tile', 'left', 'right', 'end', 'target'],
    body({ v, u, m, term, block, tile, left, right, end, target }, vector) {
      const value = vector();
      const w = Array.from({ length: vectors }, vector);
      const sums = Array.from({ length: ROWS }, () => w.map(vector));
      const oneInput = (input: number) =>
        sequence(
          ...w.map((local, n) => set(local, f32x4.load(right, input * outputPixel + 16 * n))),
          ...sums.flatMap((ofRow, r) => [
            set(value, f32x4.loadSplat(left, r * pixel + 4 * input)),
            ...ofRow.map((sum, n) => set(sum, f32x4.add(sum, f32x4.multiply(value, w[n]!)))),
          ]),
        );
      const fourInputs = sequence(...[0, 1, 2, 3].map(oneInput), set(right, i32.add(right, 4 * outputPixel)));
      const oneTile = sequence(
        ...sums.flat().map((sum) => set(sum, f32x4.zero)),
        set(right, i32.add(u, block)),
        set(left, i32.add(v, tile)),
        set(end, i32.add(left, pixel)),
        loop(left, { from: left, to: end, step: 16 }, fourInputs),
        ...sums.flatMap((ofRow, r) =>
          ofRow.map((sum, n) => f32x4.store(target, sum, r * outputPixel + 16 * n)),
        ),
        set(target, i32.add(target, ROWS * outputPixel)),
      );
      return loop(
        term,
        { from: 0, to: TERMS, step: 1 },
        sequence(
          loop(
            block,
            { from: 0, to: outputPixel, step: 16 * vectors },
            sequence(
              set(target, i32.add(m, block)),
              loop(tile, { from: 0, to: GROUP * pixel, step: ROWS * pixel }, oneTile),
            ),
          ),
          set(v, i32.add(v, GROUP * pixel)),
          set(u, i32.add(u, shape.inputs * outputPixel)),
          set(m, i32.add(m, GROUP * outputPixel)),
        ),
      );
    },
  });
}

/**
 * Transforms the products of a group's first `windows` back to the four places of each, and hands them on.
 */
export function finishWindows(shape: Shape) {
  const { outputPixel } = layoutOf(shape);
  return defineFunction({
    parameters: ['m', 'positions', 'y', 'winners', 'windows'],
    variables: ['tile', 'block', 'at', 'out'],
    body(names, vector) {
      const { m, positions, windows, tile, block, at, out } = names;
      const d = grid(4, 4, vector);
      const half = grid(2, 4, vector);
      const places = grid(2, 2, vector);
      const gathered = (a: Local, b: Local, c: Local, e: Local) => [
        f32x4.add(f32x4.add(a, b), c),
        f32x4.subtract(f32x4.subtract(b, c), e),
      ];
      const oneVector = sequence(
        ...d.flat().map((local, term) => set(local, f32x4.load(i32.add(m, out), term * GROUP * outputPixel))),
        ...[0, 1, 2, 3].flatMap((c) =>
          gathered(d[0]![c]!, d[1]![c]!, d[2]![c]!, d[3]![c]!).map((value, r) => set(half[r]![c]!, value)),
        ),
        ...half.flatMap(([a, b, c, e], r) =>
          gathered(a!, b!, c!, e!).map((value, k) => set(places[r]![k]!, value)),
        ),
        keepWinners(shape, names, { sums: places.flat(), v: 0 }, vector),
        set(out, i32.add(out, 16)),
      );
      return sequence(
        set(out, 0),
        loop(
          tile,
          { from: 0, to: i32.multiply(windows, 4), step: 4 },
          sequence(
            set(at, i32.load(i32.add(positions, tile))),
            loop(block, { from: 0, to: outputPixel, step: 16 }, oneVector),
          ),
        ),
      );
    },
  });
}

const grid = (rows: number, columns: number, vector: () => Local): Local[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, vector));
