import {
  type Code,
  clearBytes,
  copyBytes,
  defineFunction,
  f32x4,
  i32,
  type Local,
  loop,
  sequence,
  set,
} from './assembler.ts';

/**
 * A 3 × 3 convolution at stride 1 that keeps height and width ("same"), followed by 2 × 2 max pooling, in one pass. Each
 * function is written for one shape.
 *
 * The input lies in a frame of zeros (one pixel on each side), so no border needs a case of its own. With every pooled value the
 * forward pass stores where the winning patch begins in the framed input. Only that patch gets a gradient, which saves three
 * quarters of the work of the usual two gradients.
 */
export interface Shape {
  height: number;
  width: number;
  inputs: number;
  /** A multiple of 4. */
  outputs: number;
}

/** Sizes in bytes that all functions share. */
export function layoutOf({ height, width, inputs, outputs }: Shape) {
  const pixel = 4 * inputs;
  const row = (width + 2) * pixel;
  /** Vectors that cover one row of a patch, three pixels wide; the last one may reach beyond. */
  const vectorsPerRow = Math.ceil((3 * inputs) / 4);
  return {
    pixel,
    row,
    image: (height + 2) * row,
    /** So much has to be readable behind the last image. */
    slack: 16 * vectorsPerRow - 3 * pixel,
    vectorsPerRow,
    /** Of one filter laid out as three rows of whole vectors. */
    filter: 3 * 16 * vectorsPerRow,
    pooledHeight: height >> 1,
    pooledWidth: width >> 1,
    outputPixel: 4 * outputs,
  };
}

/** Puts images into their frames of zeros. */
export function frame(shape: Shape) {
  const { pixel, row, image, slack } = layoutOf(shape);
  const inner = shape.width * pixel;
  return defineFunction({
    parameters: ['from', 'to', 'images'],
    variables: ['n', 'y'],
    body({ from, to, images, n, y }) {
      return sequence(
        clearBytes(to, i32.add(i32.multiply(images, image), slack)),
        set(to, i32.add(to, row + pixel)),
        loop(
          n,
          0,
          images,
          1,
          sequence(
            loop(
              y,
              0,
              shape.height,
              1,
              sequence(
                copyBytes(to, from, inner),
                set(from, i32.add(from, inner)),
                set(to, i32.add(to, row)),
              ),
            ),
            set(to, i32.add(to, 2 * row)),
          ),
        ),
      );
    },
  });
}

/** Takes images out of their frames. */
export function unframe(shape: Shape) {
  const { pixel, row } = layoutOf(shape);
  const inner = shape.width * pixel;
  return defineFunction({
    parameters: ['from', 'to', 'images'],
    variables: ['n', 'y'],
    body({ from, to, images, n, y }) {
      return sequence(
        set(from, i32.add(from, row + pixel)),
        loop(
          n,
          0,
          images,
          1,
          sequence(
            loop(
              y,
              0,
              shape.height,
              1,
              sequence(
                copyBytes(to, from, inner),
                set(to, i32.add(to, inner)),
                set(from, i32.add(from, row)),
              ),
            ),
            set(from, i32.add(from, 2 * row)),
          ),
        ),
      );
    },
  });
}

/**
 * Makes what the kernel stores of the four convolved places of a pooling window, a vector of outputs at a time.
 *
 * @param names `at` is the window's byte in the framed input, `out` its outputs' in `y`, `block` the first of these outputs' within all of a
 *   pixel; `extra` is an address of the finish's own
 * @param sums of the four places, one vector each
 * @param v counts the vectors from `block` on
 */
type Finish = (
  names: Record<'y' | 'at' | 'out' | 'block' | 'extra', Local>,
  sums: readonly Local[],
  v: number,
  vector: () => Local,
) => Code;

/** Stores the largest value, and in `extra` (as many int32) the byte at which its patch begins; among equals the first wins. */
const keepWinners =
  (shape: Shape): Finish =>
  ({ y, at, out, extra }, sums, v, vector) => {
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
      f32x4.store(i32.add(extra, out), winner, 16 * v),
    );
  };

/** Stores max(0, scale × largest + shift). `extra` holds for every four outputs their four scales, then their four shifts. */
const activate: Finish = ({ y, out, block, extra }, sums, v, vector) => {
  const value = vector();
  const [a, b, c, d] = sums as [Local, Local, Local, Local];
  const place = i32.add(extra, i32.multiply(block, 2));
  return sequence(
    set(value, f32x4.max(f32x4.max(a, b), f32x4.max(c, d))),
    set(value, f32x4.add(f32x4.multiply(value, f32x4.load(place, 32 * v)), f32x4.load(place, 32 * v + 16))),
    f32x4.store(i32.add(y, out), f32x4.max(value, f32x4.zero), 16 * v),
  );
};

export const FINISHES = { keepWinners, activate: () => activate };
export type FinishName = keyof typeof FINISHES;

/** Vectors of outputs that are computed together: with the four places of a window at most 12 registers. */
export const vectorsAtOnce = ({ outputs }: Shape) => [3, 2, 1].find((count) => outputs % (4 * count) === 0)!;

/** Bytes from a window's first patch to each of its four. */
function cornersOf(shape: Shape) {
  const { pixel, row } = layoutOf(shape);
  return [0, pixel, row, row + pixel];
}

/** Forward, place by place. `filter` has the usual order (row, column, input, output). */
export function convolveAndPool(shape: Shape, finish: FinishName) {
  const { pixel, row, image, pooledHeight, pooledWidth, outputPixel } = layoutOf(shape);
  const corners = cornersOf(shape);
  const vectors = vectorsAtOnce(shape);
  const taps = 3 * shape.inputs;
  return defineFunction({
    parameters: ['x', 'filter', 'y', 'extra', 'images'],
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
          0,
          3,
          1,
          sequence(
            loop(
              tap,
              0,
              taps,
              3,
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
          FINISHES[finish](shape)(
            names,
            sums.map((ofCorner) => ofCorner[v]!),
            v,
            vector,
          ),
        ),
        set(at, i32.add(at, 2 * pixel)),
        set(out, i32.add(out, outputPixel)),
      );
      return loop(
        block,
        0,
        outputPixel,
        16 * vectors,
        sequence(
          set(out, block),
          loop(
            n,
            0,
            images,
            1,
            sequence(
              set(at, i32.multiply(n, image)),
              loop(
                i,
                0,
                pooledHeight,
                1,
                sequence(
                  loop(j, 0, pooledWidth, 1, onePixel),
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

/** Bytes of winners and gradients that stay in the first cache while all patches of a filter pass. */
const CACHED_BYTES = 24 * 1024;
/** Vectors of a filter that are summed in registers at a time. */
const REGISTERS = 12;

/**
 * Gradient of the filters. `gradient` gets one filter after another, each as three rows of whole vectors (see `layoutOf`), with
 * meaningless values where a vector reaches beyond its row.
 *
 * `pixels` counts the pooled pixels of all images.
 */
export function filterGradient(shape: Shape) {
  const { row, vectorsPerRow, filter, outputPixel } = layoutOf(shape);
  const places = Array.from({ length: 3 * vectorsPerRow }, (_, place) => ({
    inPatch: Math.floor(place / vectorsPerRow) * row + (place % vectorsPerRow) * 16,
    inFilter: 16 * place,
  }));
  const passes = Math.ceil(places.length / REGISTERS);
  const perPass = Math.ceil(places.length / passes);
  const pixelsAtOnce = Math.max(16, Math.floor(CACHED_BYTES / (2 * outputPixel)));
  return defineFunction({
    parameters: ['x', 'dy', 'winners', 'gradient', 'pixels'],
    variables: ['start', 'end', 'output', 'from', 'at', 'patch', 'target'],
    body(names, vector) {
      const { x, dy, winners, gradient, pixels, start, end, output, from, at, patch, target } = names;
      const slope = vector();
      const sums = Array.from({ length: perPass }, vector);
      const onePass = (pass: number) => {
        const covered = places.slice(pass * perPass, (pass + 1) * perPass);
        return sequence(
          ...covered.map(({ inFilter }, s) => set(sums[s]!, f32x4.load(target, inFilter))),
          loop(
            at,
            from,
            end,
            outputPixel,
            sequence(
              set(slope, f32x4.loadSplat(i32.add(dy, at))),
              set(patch, i32.add(x, i32.load(i32.add(winners, at)))),
              ...covered.map(({ inPatch }, s) =>
                set(sums[s]!, f32x4.add(sums[s]!, f32x4.multiply(slope, f32x4.load(patch, inPatch)))),
              ),
            ),
          ),
          ...covered.map(({ inFilter }, s) => f32x4.store(target, sums[s]!, inFilter)),
        );
      };
      const last = i32.multiply(pixels, outputPixel);
      const step = pixelsAtOnce * outputPixel;
      return sequence(
        clearBytes(gradient, shape.outputs * filter),
        loop(
          start,
          0,
          last,
          step,
          sequence(
            set(target, gradient),
            loop(
              output,
              0,
              outputPixel,
              4,
              sequence(
                set(from, i32.add(start, output)),
                set(end, i32.add(start, step)),
                set(end, i32.select(end, last, i32.less(end, last))),
                ...Array.from({ length: passes }, (_, pass) => onePass(pass)),
                set(target, i32.add(target, filter)),
              ),
            ),
          ),
        ),
      );
    },
  });
}

/** Bytes of filters that stay in the first cache while all pixels pass. */
const CACHED_FILTER_BYTES = 16 * 1024;

/**
 * Gradient of the framed input. `filters` holds one filter after another as three rows of whole vectors, with zeros where a
 * vector reaches beyond its row.
 */
export function inputGradient(shape: Shape) {
  const { row, image, slack, vectorsPerRow, filter, outputPixel } = layoutOf(shape);
  const outputsAtOnce = Math.max(1, Math.floor(CACHED_FILTER_BYTES / filter));
  return defineFunction({
    parameters: ['dx', 'dy', 'winners', 'filters', 'pixels', 'images'],
    variables: ['first', 'pixel', 'at', 'end', 'patch', 'weights'],
    body(names, vector) {
      const { dx, dy, winners, filters, pixels, images, first, pixel, at, end, patch, weights } = names;
      const slope = vector();
      const oneOutput = sequence(
        set(slope, f32x4.loadSplat(i32.add(dy, at))),
        set(patch, i32.add(dx, i32.load(i32.add(winners, at)))),
        ...Array.from({ length: 3 * vectorsPerRow }, (_, place) => {
          const inPatch = Math.floor(place / vectorsPerRow) * row + (place % vectorsPerRow) * 16;
          const product = f32x4.multiply(slope, f32x4.load(weights, 16 * place));
          return f32x4.store(patch, f32x4.add(f32x4.load(patch, inPatch), product), inPatch);
        }),
        set(weights, i32.add(weights, filter)),
      );
      return sequence(
        clearBytes(dx, i32.add(i32.multiply(images, image), slack)),
        loop(
          first,
          0,
          outputPixel,
          4 * outputsAtOnce,
          loop(
            pixel,
            0,
            i32.multiply(pixels, outputPixel),
            outputPixel,
            sequence(
              set(weights, i32.add(filters, i32.multiply(first, filter / 4))),
              set(end, i32.add(first, 4 * outputsAtOnce)),
              set(end, i32.add(pixel, i32.select(end, outputPixel, i32.less(end, outputPixel)))),
              loop(at, i32.add(pixel, first), end, 4, oneOutput),
            ),
          ),
        ),
      );
    },
  });
}
