import { describe, expect, it } from 'vitest';
import { measureBatchSize } from '../../../model/inference/batch-size.ts';

/** A machine that takes so many milliseconds for a batch. */
function machine(millisecondsOf: (size: number) => number) {
  let time = 0;
  const asked: number[] = [];
  return {
    asked,
    trial: {
      run: async (size: number) => {
        asked.push(size);
        time += millisecondsOf(size);
      },
      now: () => time,
    },
  };
}

describe('measureBatchSize', () => {
  it.each<[string, (size: number) => number, number]>([
    ['computing is all that takes time', (size) => 20 * size, 1],
    ['a run has as much overhead as eight images', (size) => 1 + size / 8, 8],
    ['only pairs gain', (size) => (size <= 2 ? 1 : size), 2],
    ['one image takes longer than a batch may', () => 150, 1],
    ['four images would take longer than a batch may', (size) => 40 + 10 * size, 2],
  ])('where %s', async (_what, millisecondsOf, size) => {
    expect(await measureBatchSize(machine(millisecondsOf).trial)).toBe(size);
  });

  it('tries no larger batch after one that does not pay, so that a slow model starts soon', async () => {
    const { trial, asked } = machine((size) => 20 * size);
    await measureBatchSize(trial);

    expect(asked).toEqual([1, 1, 1, 2, 2, 2]);
  });
});
