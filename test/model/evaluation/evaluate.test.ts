import { describe, expect, it } from 'vitest';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import type { InferencePool } from '#model/inference/pool.ts';

const labels = ['apple', 'pear', 'plum'];
const ids = ['apple/0.png', 'apple/1.png', 'pear/0.png', 'pear/1.png', 'plum/0.png', 'plum/1.png'];
const images: LabelledFiles = {
  labels,
  size: ids.length,
  ids,
  paths: ids.map((id) => `/images/${id}`),
  classIndices: Int32Array.of(0, 0, 1, 1, 2, 2),
};

/** A model that recognises apples and one pear. The first images take longest. */
const pool = (length = 3): InferencePool =>
  ({
    threads: 2,
    infer: async ({ image }: { image: string }) => {
      const at = images.paths.indexOf(image);
      for (let turn = at; turn < ids.length; turn++) await null;
      const probabilities = [
        [0.7, 0.2, 0.1],
        [0.6, 0.3, 0.1],
        [0.1, 0.5, 0.4],
        [0.5, 0.3, 0.2],
      ][at] ?? [...[0.2, 0.5, 0.3]];
      return [[Float32Array.from(probabilities.slice(0, length)), Float32Array.of(at / 10)]];
    },
  }) as unknown as InferencePool;

describe('evaluate', () => {
  it('counts every image once, in the order of the data set', async () => {
    const seen: [number, number][] = [];

    const measured = await evaluate(pool(), images, {
      onProbabilities: (image, probabilities) => seen.push([image, probabilities[1]!]),
    });

    expect(measured.accuracy).toBe(3 / 6);
    expect(measured.recall).toEqual({ apple: 1, pear: 0.5, plum: 0 });
    expect(measured.confusion).toEqual([
      [2, 0, 0],
      [1, 1, 0],
      [0, 2, 0],
    ]);
    expect(measured.rows.map(({ id }) => id)).toEqual(ids);
    expect(measured.rows[3]).toEqual({
      ...{ id: 'pear/1.png', truth: 'pear', prediction: 'apple', confidence: 0.5 },
      outOfDomain: expect.closeTo(0.3, 6),
    });
    expect(measured.interval.lower).toBeLessThan(0.5);
    expect(measured.interval.upper).toBeGreaterThan(0.5);
    expect(seen.toSorted(([a], [b]) => a - b).map(([image]) => image)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(seen.find(([image]) => image === 2)![1]).toBe(0.5);
  });

  it('refuses a model for another number of labels', async () => {
    await expect(evaluate(pool(2), images)).rejects.toThrow('2 outputs for 3 labels');
  });

  it('stops with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('asked to stop'));

    await expect(evaluate(pool(), images, { signal })).rejects.toThrow('asked to stop');
  });
});
