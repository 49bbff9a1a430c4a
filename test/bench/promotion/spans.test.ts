import { describe, expect, test } from 'vitest';
import { divide, lengthOf, union } from '../../../bench/promotion/spans.ts';

describe('spans of time', () => {
  test('are joined where they overlap or touch, and empty ones are nothing', () => {
    const spans = [
      { from: 5, to: 8 },
      { from: 1, to: 3 },
      { from: 2, to: 4 },
      { from: 4, to: 5 },
      { from: 9, to: 9 },
    ];

    expect(union(spans)).toEqual([{ from: 1, to: 8 }]);
    expect(lengthOf(spans)).toBe(7);
    expect(spans[1]).toEqual({ from: 1, to: 3 });
  });

  test('are divided so that every moment belongs to the first kind that goes on in it', () => {
    const shares = divide({ from: 0, to: 100 }, [
      [
        'jobs',
        [
          { from: 10, to: 30 },
          { from: 20, to: 40 },
        ],
      ],
      [
        'container',
        [
          { from: 35, to: 50 },
          { from: 90, to: 130 },
        ],
      ],
      ['functions', [{ from: -10, to: 60 }]],
    ]);

    expect(shares).toEqual({ jobs: 30, container: 20, functions: 20, rest: 30 });
  });
});
