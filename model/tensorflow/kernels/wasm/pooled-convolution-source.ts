import { type Code, defineFunction, f32x4, i32, type Local, loop, sequence, set } from './assembler.ts';
import { layoutOf, type Shape } from './frame-source.ts';

/** Addresses of a pooling window. */
export interface Window {
  y: Local;
  winners: Local;
  /** The window's byte in the framed input. */
  at: Local;
  /** Its outputs' byte in `y` and in `winners`. */
  out: Local;
}

/**
 * Stores the largest of a window's four convolved places, and in `winners` (int32) the byte at which its
 * patch begins; among equals the first wins.
 *
 * @param sums of the four places, one vector of outputs each
 * @param v counts the vectors from `out` on
 */
export function keepWinners(
  shape: Shape,
  { y, at, out, winners }: Window,
  { sums, v }: { sums: readonly Local[]; v: number },
  vector: () => Local,
): Code {
  const corners = cornersOf(shape);
  const [value, mask, winner] = [vector(), vector(), vector()] as const;
  return sequence(
    set(winner, f32x4.splatI32(at)),
    set(value, sums[0]!),
    ...[1, 2, 3].flatMap((c) => [
      set(mask, f32x4.greater(sums[c]!, value)),
      set(value, f32x4.select(sums[c]!, value, mask)),
      set(winner, f32x4.select(f32x4.splatI32(i32.add(at, corners[c]!)), winner, mask)),
    ]),
    f32x4.store(i32.add(y, out), value, 16 * v),
    f32x4.store(i32.add(winners, out), winner, 16 * v),
  );
}

/** Vectors of outputs that are computed together: with the four places of a window at most 12 registers. */
export const vectorsAtOnce = ({ outputs }: Shape) => [3, 2, 1].find((count) => outputs % (4 * count) === 0)!;

/** Bytes from a window's first patch to each of its four. */
function cornersOf(shape: Shape) {
  const { pixel, row } = layoutOf(shape);
  return [0, pixel, row, row + pixel];
}

/** Forward, place by place. `filter` has the usual order (row, column, input, output). */
export function convolveAndPool(shape: Shape) {
  const { pixel, row, image, pooledHeight, pooledWidth, outputPixel } = layoutOf(shape);
  const corners = cornersOf(shape);
  const vectors = vectorsAtOnce(shape);
  const taps = 3 * shape.inputs;
  return defineFunction({
    parameters: ['x', 'filter', 'y', 'winners', 'images'],
    variables: ['block', 'n', 'i', 'j', 'at', 'out', 'patch', 'weights', 'tapRow', 'tap'],
    body(names, vector) {
      const { x, filter, images } = names;
      const { block, n, i, j, at, out, patch, weights, tapRow, tap } = names;
      const value = vector();
      const w = Array.from({ length: vectors }, vector);
      const sums = corners.map(() => w.map(vector));
      const oneTap = (offset: number) =>
        sequence(
          ...w.map((local, v) => set(local, f32x4.load(weights, offset * outputPixel + 16 * v))),
          ...corners.flatMap((corner, c) => [
            set(value, f32x4.loadSplat(patch, corner + 4 * offset)),
            ...w.map((local, v) => {
              const sum = sums[c]![v]!;
              return set(sum, f32x4.add(sum, f32x4.multiply(value, local)));
            }),
          ]),
        );
      const onePixel = sequence(
        ...sums.flat().map((sum) => set(sum, f32x4.zero)),
        set(patch, i32.add(x, at)),
        set(weights, i32.add(filter, block)),
        loop(
          tapRow,
          { from: 0, to: 3, step: 1 },
          sequence(
            loop(
              tap,
              { from: 0, to: taps, step: 3 },
              sequence(
                ...[0, 1, 2].map(oneTap),
                set(patch, i32.add(patch, 12)),
                set(weights, i32.add(weights, 3 * outputPixel)),
              ),
            ),
            set(patch, i32.add(patch, row - 3 * pixel)),
          ),
        ),
        ...w.map((_, v) =>
          keepWinners(shape, names, { sums: sums.map((ofCorner) => ofCorner[v]!), v }, vector),
        ),
        set(at, i32.add(at, 2 * pixel)),
        set(out, i32.add(out, outputPixel)),
      );
      return loop(
        block,
        { from: 0, to: outputPixel, step: 16 * vectors },
        sequence(
          set(out, block),
          loop(
            n,
            { from: 0, to: images, step: 1 },
            sequence(
              set(at, i32.multiply(n, image)),
              loop(
                i,
                { from: 0, to: pooledHeight, step: 1 },
                sequence(
                  loop(j, { from: 0, to: pooledWidth, step: 1 }, onePixel),
                  set(at, i32.add(at, 2 * row - 2 * pixel * pooledWidth)),
                ),
              ),
            ),
          ),
        ),
      );
    },
  });
}
