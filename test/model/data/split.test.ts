import { describe, expect, it } from 'vitest';
import type { DataSet } from '#model/data/data-set.ts';
import { BY_VARIANT, foldsByClass, heldOutBy, holdOut, splitByClass } from '#model/data/split.ts';
import { networkInput } from '#model/network/input.ts';

/** A data set without pixels: `counts[i]` images of class i. */
function dataSet(counts: number[]): DataSet {
  const classIndices = Int32Array.from(
    counts.flatMap((count, index) => new Array<number>(count).fill(index)),
  );
  return {
    labels: counts.map((_, index) => `class ${index}`),
    ids: [...classIndices].map((index, i) => `class ${index}/${i}.png`),
    classIndices,
    input: networkInput(8),
    digest: '0'.repeat(64),
    size: classIndices.length,
    damaged: [],
    close: () => {},
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

    const { trainingIndices, validationIndices } = splitByClass(data, share, 1);

    expect(validationIndices).toHaveLength(held);
    expect([...trainingIndices, ...validationIndices].sort((a, b) => a - b)).toEqual([
      ...data.classIndices.keys(),
    ]);
    for (const part of [trainingIndices, validationIndices]) {
      expect(new Set(Array.from(part, (i) => data.classIndices[i]))).toEqual(new Set(counts.keys()));
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

describe('foldsByClass', () => {
  const recipe = { folds: 5, validationShare: 0.25, seed: 1 };

  it('holds out every image once, in folds of equal size with as even classes as can be', () => {
    const data = dataSet([10, 5, 3]);

    const { heads, heldOutBy } = foldsByClass(data, recipe);

    expect(heads).toBe(5);
    for (let head = 0; head < heads; head++) {
      const images = [...heldOutBy.keys()].filter((image) => heldOutBy[image] === head);
      expect(images.length).toBeGreaterThanOrEqual(3);
      expect(images.length).toBeLessThanOrEqual(4);
      const ofClass = (label: number) => images.filter((image) => data.classIndices[image] === label).length;
      expect(ofClass(0)).toBe(2);
      expect(ofClass(1)).toBe(1);
    }
  });

  it('makes no more folds than the largest class has images', () => {
    expect(foldsByClass(dataSet([2, 3]), recipe).heads).toBe(3);
  });

  it.each([
    ['one fold', dataSet([8, 8]), 1],
    ['many images', dataSet([1_600, 800]), 5],
  ])('is a single hold-out with %s', (_what, data, folds) => {
    const { heads, heldOutBy } = foldsByClass(data, { ...recipe, folds });

    expect(heads).toBe(1);
    const held = [...heldOutBy.keys()].filter((image) => heldOutBy[image] === 0);
    expect(held).toEqual([...splitByClass(data, 0.25, 1).validationIndices]);
    expect(held).toHaveLength(data.size / 4);
  });

  it('follows the seed', () => {
    const data = dataSet([10, 10]);

    expect(foldsByClass(data, recipe)).toEqual(foldsByClass(data, recipe));
    expect(foldsByClass(data, { ...recipe, seed: 2 })).not.toEqual(foldsByClass(data, recipe));
  });

  it('holds out variants of a single image by turns, never all of them', () => {
    const folds = foldsByClass(dataSet([6, 1]), recipe);
    const [single, variants] = [6, 12];

    expect(folds.heldOutBy[single]).toBe(BY_VARIANT);
    const holders = Array.from({ length: variants }, (_, v) => heldOutBy(folds, single, v, variants));
    expect(holders).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]);
    expect(heldOutBy(folds, 0, 7, variants)).toBe(folds.heldOutBy[0]);
    expect(heldOutBy(folds, single, 0, 1)).toBe(-1);
  });

  it('holds out one variant in five where no class has a second image', () => {
    const folds = foldsByClass(dataSet([1, 1, 1]), recipe);

    expect(folds.heads).toBe(1);
    const holders = Array.from({ length: 7 }, (_, variant) => heldOutBy(folds, 2, variant, 7));
    expect(holders).toEqual([0, -1, -1, -1, -1, 0, -1]);
  });
});

describe('holdOut', () => {
  it('has a single image on both sides, and all others on one', () => {
    const { trainingIndices, validationIndices } = holdOut(dataSet([5, 1]), 0.2, 1);

    expect(trainingIndices).toHaveLength(5);
    expect(validationIndices).toHaveLength(2);
    expect([...trainingIndices].filter((image) => validationIndices.includes(image))).toEqual([5]);
  });
});
