import { clearBytes, defineFunction, f32x4, i32, loop, sequence, set } from './assembler.ts';
import { layoutOf, type Shape } from './frame-source.ts';

/** Bytes of winners and gradients that stay in the first cache while all patches of a filter pass. */
const CACHED_BYTES = 24 * 1024;
/** Vectors of a filter that are summed in registers at a time. */
const REGISTERS = 12;

/**
 * Gradient of the filters. `gradient` gets one filter after another, each as three rows of whole vectors (see
 * `layoutOf`), with meaningless values where a vector reaches beyond its row.
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
            { from: from, to: end, step: outputPixel },
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
          { from: 0, to: last, step: step },
          sequence(
            set(target, gradient),
            loop(
              output,
              { from: 0, to: outputPixel, step: 4 },
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
 * Gradient of the framed input. `filters` holds one filter after another as three rows of whole vectors, with
 * zeros where a vector reaches beyond its row.
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
          { from: 0, to: outputPixel, step: 4 * outputsAtOnce },
          loop(
            pixel,
            { from: 0, to: i32.multiply(pixels, outputPixel), step: outputPixel },
            sequence(
              set(weights, i32.add(filters, i32.multiply(first, filter / 4))),
              set(end, i32.add(first, 4 * outputsAtOnce)),
              set(end, i32.add(pixel, i32.select(end, outputPixel, i32.less(end, outputPixel)))),
              loop(at, { from: i32.add(pixel, first), to: end, step: 4 }, oneOutput),
            ),
          ),
        ),
      );
    },
  });
}
