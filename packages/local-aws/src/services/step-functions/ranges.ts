import type { Json } from './json.ts';

/** Whole numbers from `least` to `most`, for durations and counts that an expression gives. */
export function isIntegerFrom(least: number, most: number) {
  return (value: Json): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
