import { describe, expect, it } from 'vitest';
import { expectedCalibrationError } from '#core/calibration.ts';

const many = (count: number, confidence: number, right: number) =>
  Array.from({ length: count }, (_, i) => ({ confidence, right: i < right }));

describe('expectedCalibrationError', () => {
  it.each([
    ['as right as it is sure', many(10, 0.8, 8), 0],
    ['always sure and half of the time right', many(10, 1, 5), 0.5],
    ['bins weighted by their predictions', [...many(30, 0.5, 15), ...many(10, 0.9, 5)], 0.1],
    [
      'too sure and too unsure do not make up for each other',
      [...many(10, 0.9, 8), ...many(10, 0.5, 6)],
      0.1,
    ],
    ['nothing', [], 0],
  ])('%s', (_what, predictions, error) => {
    expect(expectedCalibrationError(predictions)).toBeCloseTo(error);
  });
});
