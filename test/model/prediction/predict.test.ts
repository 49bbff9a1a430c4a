import { describe, expect, it } from 'vitest';
import { rankLabels } from '#model/prediction/predict.ts';

describe('rankLabels', () => {
  it('puts the most probable label first and keeps the order of equals', () => {
    expect(rankLabels([0.2, 0.4, 0.2, 0.2], ['a', 'b', 'c', 'd'])).toEqual([
      { label: 'b', probability: 0.4 },
      { label: 'a', probability: 0.2 },
      { label: 'c', probability: 0.2 },
      { label: 'd', probability: 0.2 },
    ]);
  });

  it('refuses probabilities that do not belong to the labels', () => {
    expect(() => rankLabels([1], ['a', 'b'])).toThrow(RangeError);
  });
});
