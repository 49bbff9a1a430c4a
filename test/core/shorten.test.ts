import { expect, test } from 'vitest';
import { shorten } from '#core/shorten.ts';

test.each<[string, number, string]>([
  ['short enough', 12, 'short enough'],
  ['a sentence that goes on', 17, 'a sentence that…'],
  ['a sentence that goes on', 16, 'a sentence that…'],
  ['a sentence that goes on', 15, 'a sentence…'],
  ['s3://bucket/a/very/long/key/without/a/space', 20, 's3://bucket/a/very/…'],
  ['one two\nthree four', 10, 'one two…'],
  ['apples 🍏🍏🍏', 9, 'apples…'],
  ['🍏🍏🍏🍏', 4, '🍏…'],
])('%j in %i characters is %j', (text, limit, expected) => {
  const shortened = shorten(text, limit);
  expect(shortened).toBe(expected);
  expect(shortened.length).toBeLessThanOrEqual(limit);
});
