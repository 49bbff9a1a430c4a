import type { Random } from '#core/random.ts';
import type { Conditions } from './conditions.ts';
import { ICON_SIZE } from './icon-sets.ts';

/** What is painted on: RGB values in 0…255, `side` × `side` samples. */
interface Canvas {
  values: Float32Array;
  side: number;
}

/** Samples per pixel and axis: shrinking an icon without it would alias. */
const SUPERSAMPLING = 2;

/**
 * Simulates a photograph of an icon: turned, scaled and shifted, half of them mirrored, on an uneven
 * background with some clutter, under more or less colourful and uneven light, blurred where the camera
 * moves, with sensor noise.
 *
 * @param icon RGBA, `ICON_SIZE` squared, not premultiplied
 * @param size side of the photograph in pixels
 * @returns size × size × 3 values in 0…255
 */
export function capture(icon: Uint8Array, size: number, conditions: Conditions, random: Random): Uint8Array {
  const side = size * SUPERSAMPLING;
  const canvas = { values: new Float32Array(side * side * 3), side };
  paintBackground(canvas, random);
  const pieces = random.below(conditions.clutter + 1);
  for (let i = 0; i < pieces; i++) paintClutter(canvas, random);
  paintIcon(canvas, icon, conditions, random);
  return renderPixels(move(canvas, conditions, random), size, conditions, random);
}

/** A gradient between two related colours, with soft blotches. */
function paintBackground({ values, side }: Canvas, random: Random) {
  const from = anyColour(random);
  const to = from.map((value) => value + random.between(-45, 45));
  const angle = random.between(0, 2 * Math.PI);
  const cos = Math.cos(angle) / side;
  const sin = Math.sin(angle) / side;
  const blotches = noiseGrid(random, random.between(0, 22));
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 3) {
      const share = 0.5 + (x - side / 2) * cos + (y - side / 2) * sin;
      const blotch = blotches(x / side, y / side);
      for (let c = 0; c < 3; c++) values[at + c] = from[c]! + (to[c]! - from[c]!) * share + blotch;
    }
  }
}

/** An ellipse of any colour that looks in from the border. */
function paintClutter({ values, side }: Canvas, random: Random) {
  const angle = random.between(0, 2 * Math.PI);
  const distance = random.between(0.42, 0.6) * side;
  const x0 = side / 2 + Math.cos(angle) * distance;
  const y0 = side / 2 + Math.sin(angle) * distance;
  const rx = random.between(0.08, 0.25) * side;
  const ry = random.between(0.08, 0.25) * side;
  const colour = anyColour(random);
  const yEnd = Math.min(side, Math.ceil(y0 + ry));
  const xEnd = Math.min(side, Math.ceil(x0 + rx));
  for (let y = Math.max(0, Math.floor(y0 - ry)); y < yEnd; y++) {
    for (let x = Math.max(0, Math.floor(x0 - rx)); x < xEnd; x++) {
      const inside = 1 - ((x - x0) / rx) ** 2 - ((y - y0) / ry) ** 2;
      if (inside <= 0) continue;
      const alpha = Math.min(1, inside * 4);
      const at = (y * side + x) * 3;
      for (let c = 0; c < 3; c++) values[at + c]! += (colour[c]! - values[at + c]!) * alpha;
    }
  }
}

/** The icon under a random similarity transform, sampled bilinearly by the inverse map. */
function paintIcon(
  { values, side }: Canvas,
  icon: Uint8Array,
  { turn, scale: share, shift }: Conditions,
  random: Random,
) {
  const angle = random.between(-turn, turn) * (Math.PI / 180);
  const scale = (random.between(...share) * side) / ICON_SIZE;
  const mirror = random.next() < 0.5 ? -1 : 1;
  const x0 = side * (0.5 + random.between(-shift, shift));
  const y0 = side * (0.5 + random.between(-shift, shift));
  const cos = Math.cos(angle) / scale;
  const sin = Math.sin(angle) / scale;
  const sample = new Float32Array(4);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 3) {
      const dx = x + 0.5 - x0;
      const dy = y + 0.5 - y0;
      const u = (dx * cos + dy * sin) * mirror + ICON_SIZE / 2 - 0.5;
      const v = dy * cos - dx * sin + ICON_SIZE / 2 - 0.5;
      if (!bilinear(icon, u, v, sample)) continue;
      const rest = 1 - sample[3]!;
      for (let c = 0; c < 3; c++) values[at + c] = values[at + c]! * rest + sample[c]!;
    }
  }
}

/** Premultiplied colour (0…255) and alpha (0…1) at u, v into `out`; false where nothing is. */
function bilinear(icon: Uint8Array, u: number, v: number, out: Float32Array): boolean {
  if (u <= -1 || v <= -1 || u >= ICON_SIZE || v >= ICON_SIZE) return false;
  const left = Math.floor(u);
  const top = Math.floor(v);
  out.fill(0);
  for (let j = 0; j < 2; j++) {
    const y = top + j;
    if (y < 0 || y >= ICON_SIZE) continue;
    const wy = j === 0 ? 1 - (v - top) : v - top;
    for (let i = 0; i < 2; i++) {
      const x = left + i;
      if (x < 0 || x >= ICON_SIZE) continue;
      const at = (y * ICON_SIZE + x) * 4;
      const weight = (wy * (i === 0 ? 1 - (u - left) : u - left) * icon[at + 3]!) / 255;
      out[0]! += weight * icon[at]!;
      out[1]! += weight * icon[at + 1]!;
      out[2]! += weight * icon[at + 2]!;
      out[3]! += weight;
    }
  }
  return out[3]! > 0;
}

/** The mean of what passes by each place while the camera moves in a straight line. */
function move(canvas: Canvas, { motion }: Conditions, random: Random): Canvas {
  if (motion[1] === 0) return canvas;
  const { values, side } = canvas;
  const length = random.between(...motion) * side;
  const angle = random.between(0, Math.PI);
  const samples = Math.ceil(length) + 1;
  const blurred = new Float32Array(values.length);
  const inside = (value: number) => Math.max(0, Math.min(side - 1, Math.round(value)));
  for (let sample = 0; sample < samples; sample++) {
    const way = samples === 1 ? 0 : length * (sample / (samples - 1) - 0.5);
    const [dx, dy] = [way * Math.cos(angle), way * Math.sin(angle)];
    for (let y = 0, at = 0; y < side; y++) {
      const row = inside(y + dy) * side;
      for (let x = 0; x < side; x++, at += 3) {
        const from = (row + inside(x + dx)) * 3;
        for (let c = 0; c < 3; c++) blurred[at + c]! += values[from + c]! / samples;
      }
    }
  }
  return { values: blurred, side };
}

/** Averages the samples of each pixel; applies light, white balance and noise. */
function renderPixels(
  { values, side }: Canvas,
  size: number,
  conditions: Conditions,
  random: Random,
): Uint8Array {
  const exposure = random.between(...conditions.exposure);
  const gains = [0, 1, 2].map(() => (exposure * random.between(0.9, 1.1)) / SUPERSAMPLING ** 2);
  const saturation = random.between(...conditions.saturation);
  const slopeX = random.between(-0.18, 0.18) / size;
  const slopeY = random.between(-0.18, 0.18) / size;
  const noise = random.between(...conditions.noise);
  const pixels = new Uint8Array(size * size * 3);
  for (let i = 0; i < values.length; i += 3) {
    // Luma of ITU-R BT.601.
    const grey = 0.3 * values[i]! + 0.59 * values[i + 1]! + 0.11 * values[i + 2]!;
    for (let c = 0; c < 3; c++) values[i + c] = grey + (values[i + c]! - grey) * saturation;
  }
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const light = 1 + (x - size / 2) * slopeX + (y - size / 2) * slopeY;
      for (let c = 0; c < 3; c++, at++) {
        let sum = 0;
        for (let j = 0; j < SUPERSAMPLING; j++) {
          const row = ((y * SUPERSAMPLING + j) * side + x * SUPERSAMPLING) * 3 + c;
          for (let i = 0; i < SUPERSAMPLING; i++) sum += values[row + 3 * i]!;
        }
        // The sum of three uniform numbers has deviation 1/2: cheaper than a normal number, and as good here.
        const grain = (random.next() + random.next() + random.next() - 1.5) * 2 * noise;
        pixels[at] = Math.max(0, Math.min(255, Math.round(sum * gains[c]! * light + grain)));
      }
    }
  }
  return pixels;
}

/** Value noise of 4 × 4 cells: smooth, mean 0, about ±amplitude, for x and y in [0, 1). */
function noiseGrid(random: Random, amplitude: number): (x: number, y: number) => number {
  const grid = Float32Array.from({ length: 25 }, () => random.between(-amplitude, amplitude));
  return (x, y) => {
    const column = Math.floor(x * 4);
    const row = Math.floor(y * 4);
    const fx = x * 4 - column;
    const fy = y * 4 - row;
    const at = row * 5 + column;
    const upper = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
    const lower = grid[at + 5]! * (1 - fx) + grid[at + 6]! * fx;
    return upper * (1 - fy) + lower * fy;
  };
}

/** A random colour, so that the background says nothing about the icon. */
function anyColour(random: Random): number[] {
  return [0, 1, 2].map(() => random.between(20, 235));
}
