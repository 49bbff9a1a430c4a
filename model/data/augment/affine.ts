import type { Random } from '#core/random.ts';
import type { Geometry, Size } from './resample.ts';

/** Where a place (x, y) of the result lies in the source: u = a·x + b·y + c, v = d·x + e·y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** First `inner`, from the result on, then `outer`, towards the source. */
export function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer;
  const [p, q, r, s, t, w] = inner;
  return [a * p + b * s, a * q + b * t, a * r + b * w + c, d * p + e * s, d * q + e * t, d * r + e * w + f];
}

/** A linear map around the middle of an image, followed by a shift. */
export function aroundMiddle(
  [a, b, d, e]: readonly [a: number, b: number, d: number, e: number],
  { height, width }: Size,
  shift: { x: number; y: number } = { x: 0, y: 0 },
): Affine {
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  return [a, b, x - a * x - b * y + shift.x, d, e, y - d * x - e * y + shift.y];
}

/** Least and largest ratio of a crop's width to its height, beside the image's own. */
const RATIOS = [3 / 4, 4 / 3] as const;
const ATTEMPTS = 10;

/**
 * A random part of the image, enlarged to all of it ("random resized crop", Szegedy et al., 2014), and in
 * half of the cases mirrored.
 *
 * @param leastArea smallest share of the image
 */
export function randomCrop(random: Random, { height, width }: Size, leastArea: number): Affine {
  let [w, h] = [1, 1];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = random.between(leastArea, 1);
    const ratio = Math.exp(random.between(Math.log(RATIOS[0]), Math.log(RATIOS[1])));
    const [across, down] = [Math.sqrt(area * ratio), Math.sqrt(area / ratio)];
    if (across > 1 || down > 1) continue;
    [w, h] = [across, down];
    break;
  }
  const left = width * random.between(0, 1 - w);
  const top = height * random.between(0, 1 - h);
  // Centres of pixels lie at half numbers of the image's own scale.
  const [x, y] = [left + w / 2 - 0.5, top + h / 2 - 0.5];
  return random.next() < 0.5 ? [w, 0, x, 0, h, y] : [-w, 0, x + w * (width - 1), 0, h, y];
}

/** The same as `resample` takes it. */
export function toGeometry([a, b, c, d, e, f]: Affine, { height, width }: Size): Geometry {
  // The place that shows the source's middle solves a·x + b·y = p, d·x + e·y = q.
  const [p, q] = [(width - 1) / 2 - c, (height - 1) / 2 - f];
  const determinant = a * e - b * d;
  return {
    right: { u: a, v: d },
    down: { u: b, v: e },
    centreX: (p * e - b * q) / determinant,
    centreY: (a * q - p * d) / determinant,
  };
}
