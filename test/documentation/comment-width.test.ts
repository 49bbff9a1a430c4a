import { expect, test } from 'vitest';
import biome from '../../biome.json' with { type: 'json' };
import { linesWithComments, programs } from './sources.ts';

/** Biome wraps code at this width and leaves comments as they are. */
const width = biome.formatter.lineWidth;

test(`no line with a comment is wider than the code's ${width} columns`, () => {
  const wide = programs
    .flatMap(linesWithComments)
    .filter(({ text }) => text.length > width)
    .map(({ file, number, text }) => `${file}:${number} ${text.length}`);

  expect(wide).toEqual([]);
});
