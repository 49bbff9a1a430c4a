import type { Input } from '#core/contracts/common.ts';

/** Where the values of a colour go in a prepared image, and how a pixel's value 0…255 becomes one. */
export interface Channel {
  scale: number;
  offset: number;
  /** Index of the first pixel's value, and of the next pixel's from there. */
  first: number;
  step: number;
}

/** Of red, green and blue, in this order. */
export function channelsOf({ layout, height, width, colours, mean, deviation }: Input): Channel[] {
  return [0, 1, 2].map((colour) => {
    const at = colours === 'RGB' ? colour : 2 - colour;
    const place = layout === 'NCHW' ? { first: at * height * width, step: 1 } : { first: at, step: 3 };
    return { scale: 1 / deviation[at]!, offset: -mean[at]! / deviation[at]!, ...place };
  });
}

/** Shape of the network's input for n images. */
export function shapeOf({ layout, height, width }: Input, n: number): [number, number, number, number] {
  return layout === 'NCHW' ? [n, 3, height, width] : [n, height, width, 3];
}

/**
 * Pixels as the network takes them: `(pixel − mean) / deviation`, in its layout and order of colours.
 *
 * @param pixels n × height × width × 3 values in 0…255, red, green and blue, rows from the top
 * @throws RangeError when the values are no whole number of images
 * @returns as many values, in the shape that `shapeOf` gives
 */
export function prepare(pixels: Uint8Array, input: Input): Float32Array {
  const { height, width } = input;
  const size = height * width * 3;
  if (pixels.length % size !== 0) {
    throw new RangeError(`${pixels.length} values are no images of ${height} × ${width} × 3`);
  }
  const values = new Float32Array(pixels.length);
  for (let from = 0; from < pixels.length; from += size) prepareInto(pixels, values, from, input);
  return values;
}

/** Prepares the image that begins at `from` in both arrays. */
export function prepareInto(pixels: Uint8Array, values: Float32Array, from: number, input: Input): void {
  const size = input.height * input.width * 3;
  for (const [colour, { scale, offset, first, step }] of channelsOf(input).entries()) {
    for (let at = from + colour, to = from + first; at < from + size; at += 3, to += step) {
      values[to] = pixels[at]! * scale + offset;
    }
  }
}
