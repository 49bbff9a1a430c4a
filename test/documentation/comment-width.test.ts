import { expect, test } from 'vitest';
import biome from '../../biome.json' with { type: 'json' };
import { isComment, linesOf, programs } from './sources.ts';

/** Biome wraps code at this width and leaves comments as they are. */
const width = biome.formatter.lineWidth;

test(`no line of a comment is wider than the code's ${width} columns`, () => {
  const wide = programs
    .flatMap(linesOf)
    .filter((line) => isComment(line) && line.text.length > width)
    .map(({ file, number, text }) => `${file}:${number} ${text.length}`);

  expect(wide).toEqual([]);
});
