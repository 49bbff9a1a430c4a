/** How an image's pixels lie in its source: the step in the source of one step in the result. */
export interface Geometry {
  right: { u: number; v: number };
  down: { u: number; v: number };
  /** The place in the result that shows the middle of the source. */
  centreX: number;
  centreY: number;
}

/** Where the three colours of a result go, and what becomes of a value: `value × gain + offset`. */
export interface Target {
  values: Float32Array;
  gains: Float64Array;
  offsets: Float64Array;
  /** Index of the first pixel's value of each colour. */
  places: Int32Array;
  /** From one pixel's value to the next one's. */
  step: number;
}

export interface Size {
  height: number;
  width: number;
}

/**
 * Computes an image from a source of the same size, between four pixels of it each. Outside the source its
 * border goes on: there are no black corners that a network could learn.
 *
 * It steps through the source along rows instead of computing every place anew, because training varies every
 * image in every step.
 *
 * @param from where the source's pixels begin, three values in 0…255 each
 */
export function resample(
  pixels: Uint8Array,
  from: number,
  { height, width, right, down, centreX, centreY }: Size & Geometry,
  { values, gains, offsets, places, step }: Target,
): void {
  const lastU = width - 1;
  const lastV = height - 1;
  const row = width * 3;
  // Plain numbers in arrays of numbers: with objects or closures the loop below took eight times as long.
  for (let y = 0, pixel = 0; y < height; y++) {
    let u = (y - centreY) * down.u - centreX * right.u + lastU / 2;
    let v = (y - centreY) * down.v - centreX * right.v + lastV / 2;
    for (let x = 0; x < width; x++, pixel++) {
      const inU = u < 0 ? 0 : u > lastU ? lastU : u;
      const inV = v < 0 ? 0 : v > lastV ? lastV : v;
      const left = inU | 0;
      const top = inV | 0;
      const fu = inU - left;
      const fv = inV - top;
      // The four pixels around the place (a and b above, c and d below), and the share of each.
      const a = from + top * row + left * 3;
      const b = left < lastU ? a + 3 : a;
      const c = top < lastV ? a + row : a;
      const d = c + b - a;
      const shareD = fu * fv;
      const shareC = fv - shareD;
      const shareB = fu - shareD;
      const shareA = 1 - fu - shareC;
      for (let colour = 0; colour < 3; colour++) {
        const value =
          pixels[a + colour]! * shareA +
          pixels[b + colour]! * shareB +
          pixels[c + colour]! * shareC +
          pixels[d + colour]! * shareD;
        values[places[colour]! + pixel * step] = value * gains[colour]! + offsets[colour]!;
      }
      u += right.u;
      v += right.v;
    }
  }
}
