import { expect, test } from 'vitest';
import { groupBy } from '#core/group-by.ts';

test('items with one key are one group, in the order of their first items', () => {
  expect(groupBy(['bee', 'ant', 'bat', 'ape', 'cat'], (word) => word[0]!)).toEqual([
    ['bee', 'bat'],
    ['ant', 'ape'],
    ['cat'],
  ]);
  expect(groupBy([], String)).toEqual([]);
});
