import { describe, expect, it } from 'vitest';
import { createBatches } from '#model/data/batches.ts';

const classIndices = Int32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);

const drawn = (batches: (step: number) => Int32Array, steps: number) =>
  Array.from({ length: steps }, (_, step) => [...batches(step)]);

describe('createBatches', () => {
  it('takes every image once in an epoch, in an order of its own', () => {
    const steps = drawn(createBatches(classIndices, { batchSize: 4, seed: 1 }), 6);

    const epochs = [steps.slice(0, 3).flat(), steps.slice(3).flat()];
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual([...classIndices.keys()]);
    expect(epochs[1]).not.toEqual(epochs[0]);
  });

  it('leaves out of an epoch what fills no batch', () => {
    const steps = drawn(createBatches(classIndices, { batchSize: 5, seed: 1 }), 2);

    expect(new Set(steps.flat()).size).toBe(10);
  });

  it('draws classes equally often when asked to, and all images of a large one in the long run', () => {
    const steps = drawn(createBatches(classIndices, { batchSize: 4, seed: 1, balanced: true }), 60).flat();

    const counts = [0, 1, 2].map((label) => steps.filter((image) => classIndices[image] === label).length);
    expect(counts).toEqual([80, 80, 80]);
    expect(new Set(steps)).toEqual(new Set(classIndices.keys()));
  });

  it('follows the seed', () => {
    const first = drawn(createBatches(classIndices, { batchSize: 4, seed: 1, balanced: true }), 3);

    expect(drawn(createBatches(classIndices, { batchSize: 4, seed: 1, balanced: true }), 3)).toEqual(first);
    expect(drawn(createBatches(classIndices, { batchSize: 4, seed: 2, balanced: true }), 3)).not.toEqual(
      first,
    );
  });
});
