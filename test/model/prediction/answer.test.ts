import { describe, expect, it } from 'vitest';
import { answerOf, rankLabels } from '#model/prediction/answer.ts';

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

describe('answerOf', () => {
  const model = {
    domain: 'produce',
    labels: ['apple', 'pear'],
    general: { model: 'shapes', version: '20261123T154200Z-3f2a9c' },
    trainingJob: 'job-1',
  };

  it('is unsure above one half', () => {
    expect(answerOf(model, [0.25, 0.75], 0.5)).toMatchObject({ unsure: false, outOfDomain: 0.5 });
    expect(answerOf(model, [0.25, 0.75], 0.51)).toMatchObject({ unsure: true, outOfDomain: 0.51 });
  });

  it('keeps what rounding put above 1 in its range', () => {
    const { predictions, outOfDomain } = answerOf(model, [1.0000001, -1e-9], 1.0000001);

    expect([...predictions.map(({ probability }) => probability), outOfDomain]).toEqual([1, 0, 1]);
  });

  it.each([
    [[Number.NaN, 1], 0.5],
    [[0.5, 0.5], Number.NaN],
  ])('throws instead of answering NaN: %j, %d', (probabilities, outOfDomain) => {
    expect(() => answerOf(model, probabilities, outOfDomain)).toThrow(/no number/);
  });
});
