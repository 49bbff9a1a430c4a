import { readFileSync } from 'node:fs';
import type { Session, Values } from '#model/onnx/session.ts';
import { median } from '../shared/summary.ts';

/** Runs of one image that are timed, after one that is not. */
const TIMED_RUNS = 8;

/** A file of 32-bit floats, the smallest byte first. */
export const readFloats = (file: string): Float32Array =>
  new Float32Array(Uint8Array.from(readFileSync(file)).buffer);

/** The largest difference of two lists of numbers, relative to the largest of the second one. */
export function relativeDifference(values: Float32Array, expected: Float32Array): number {
  if (values.length !== expected.length) {
    throw new Error(`${values.length} values instead of ${expected.length}`);
  }
  let [largest, most] = [0, 0];
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(value - values[index]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(value));
    most = Math.max(most, difference);
  }
  return most / largest;
}

/** Median time of a run with the first image of `images`. */
export async function millisecondsOf(session: Session, images: Values): Promise<number> {
  const dims = [1, ...images.dims.slice(1)];
  const image = {
    dims,
    data: images.data.subarray(
      0,
      dims.reduce((size, dim) => size * dim, 1),
    ),
  };
  const times: number[] = [];
  for (let run = 0; run <= TIMED_RUNS; run++) {
    const begun = performance.now();
    await session.run({ image });
    if (run > 0) times.push(performance.now() - begun);
  }
  return median(times);
}

/** [n, height, width, channels] → [n, channels, height, width]. */
export function channelsFirst(values: Float32Array, shape: readonly number[]): Float32Array {
  const [, rows, columns, channels] = shape as [number, number, number, number];
  const places = rows * columns;
  return values.map((_, index) => {
    const image = Math.floor(index / (places * channels));
    const channel = Math.floor(index / places) % channels;
    return values[(image * places + (index % places)) * channels + channel]!;
  });
}

/** Means over the places of maps [n, channels, height, width]. */
export function meansOverPlaces({ dims, data }: Values): Float32Array {
  const places = dims[2]! * dims[3]!;
  return Float32Array.from({ length: data.length / places }, (_, at) => {
    const map = data.subarray(at * places, (at + 1) * places);
    return map.reduce((sum, value) => sum + value, 0) / places;
  });
}
