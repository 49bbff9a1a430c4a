import { describe, expect, it } from 'vitest';
import { type LabelledFiles, sampleByClass } from '#model/data/labelled-files.ts';

const filesOf = (counts: readonly number[]): LabelledFiles => {
  const classIndices = Int32Array.from(counts.flatMap((count, label) => new Array(count).fill(label)));
  const ids = Array.from(classIndices, (label, i) => `class ${label}/${i}.png`);
  return {
    labels: counts.map((_, label) => `class ${label}`),
    size: classIndices.length,
    ids,
    paths: ids.map((id) => `/images/${id}`),
    classIndices,
  };
};

describe('sampleByClass', () => {
  it('takes the same share of each class, at least one image, in the order of all', () => {
    const files = filesOf([600, 300, 2]);

    const some = sampleByClass(files, 90, 1);

    const counts = [0, 1, 2].map((label) => some.classIndices.filter((index) => index === label).length);
    expect(counts).toEqual([60, 30, 1]);
    expect(some.size).toBe(91);
    expect(some.labels).toEqual(files.labels);
    expect(new Set(some.ids).size).toBe(some.size);
    const places = some.ids.map((id) => files.ids.indexOf(id));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(some.paths).toEqual(some.ids.map((id) => `/images/${id}`));
    for (const [i, id] of some.ids.entries())
      expect(id.startsWith(`class ${some.classIndices[i]}/`)).toBe(true);
  });

  it('follows the seed, and leaves alone what is few enough', () => {
    const files = filesOf([50, 50]);

    expect(sampleByClass(files, 20, 1)).toEqual(sampleByClass(files, 20, 1));
    expect(sampleByClass(files, 20, 1).ids).not.toEqual(sampleByClass(files, 20, 2).ids);
    expect(sampleByClass(files, 100, 1)).toBe(files);
  });
});
