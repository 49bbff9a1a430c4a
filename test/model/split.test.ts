import { describe, expect, it } from 'vitest';
import type { DataSet } from '#model/data-set.ts';
import { splitByClass } from '#model/split.ts';

/** A data set without pixels: `counts[i]` images of class i. */
function dataSet(counts: number[]): DataSet {
  const classes = Int32Array.from(counts.flatMap((count, index) => new Array<number>(count).fill(index)));
  return {
    labels: counts.map((_, index) => `class ${index}`),
    ids: [...classes].map((index, i) => `class ${index}/${i}.png`),
    classes,
    input: { height: 8, width: 8, channels: 3, normalisation: { scale: 1, offset: 0 } },
    digest: '0'.repeat(64),
    size: classes.length,
    damaged: [],
    gather: () => new Uint8Array(),
  };
}

describe('splitByClass', () => {
  it.each([
    [[5, 5], 0.2, 2],
    [[2, 2, 2], 0.05, 3],
    [[2, 100], 0.5, 51],
  ])('holds out a share of each class of %j at %f', (counts, share, held) => {
    const data = dataSet(counts);

    const { training, validation } = splitByClass(data, share, 1);

    expect(validation).toHaveLength(held);
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual([...data.classes.keys()]);
    for (const part of [training, validation]) {
      expect(new Set(Array.from(part, (i) => data.classes[i]))).toEqual(new Set(counts.keys()));
    }
  });

  it('depends on the seed and on nothing else', () => {
    const data = dataSet([20, 20]);

    expect(splitByClass(data, 0.2, 1)).toEqual(splitByClass(data, 0.2, 1));
    expect(splitByClass(data, 0.2, 2)).not.toEqual(splitByClass(data, 0.2, 1));
  });

  it('names a class with a single image', () => {
    expect(() => splitByClass(dataSet([5, 1]), 0.2, 1)).toThrow('The class "class 1"');
  });
});
