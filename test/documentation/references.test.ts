import { describe, expect, test } from 'vitest';
import { KNOWN_FILES, KNOWN_WORDS } from './known-words.ts';
import { missingFiles, missingIdentifiers } from './references.ts';
import { commentsOf, documents, type Line, programs, proseOf } from './sources.ts';

const lines = [...programs.flatMap(commentsOf), ...documents.flatMap(proseOf)];

/**
 * `file:line name` for each name that `find` finds and `known` does not have, and the entries of `known` it
 * has found.
 */
function search(find: (line: Line) => string[], known: ReadonlySet<string>) {
  const found = lines.flatMap((line) => find(line).map((name) => ({ line, name })));
  const missing = found.filter(({ name }) => !known.has(name));
  return {
    missing: missing.map(({ line, name }) => `${line.file}:${line.number} ${name}`),
    used: new Set(found.map(({ name }) => name).filter((name) => known.has(name))),
  };
}

describe('comments and documents', () => {
  test('name only identifiers that exist', () => {
    const { missing, used } = search(missingIdentifiers, KNOWN_WORDS);

    expect(missing).toEqual([]);
    expect(used).toEqual(KNOWN_WORDS);
  });

  test('name only files that exist', () => {
    const { missing, used } = search(missingFiles, KNOWN_FILES);

    expect(missing).toEqual([]);
    expect(used).toEqual(KNOWN_FILES);
  });
});

describe('the search for names without a thing', () => {
  test.each([
    ['a word in backticks', 'until `reinitialized` says so', ['reinitialized']],
    ['a property', 'see `recipe.unfrozenBlockz`', ['unfrozenBlockz']],
    ['a state without backticks', 'the state IsAnsweredTwice', ['IsAnsweredTwice']],
    ['a word that only tests have', '`beforeEach`', ['beforeEach']],
    ['nothing in code and addresses that exist', '`packageStack()`, https://a.b/noSuchName', []],
  ])('finds %s', (_what, text, names) => {
    expect(missingIdentifiers({ file: 'docs/agent.md', text })).toEqual(names);
  });

  test.each([
    ['a source file', 'see `container/measure-speed.ts`', ['container/measure-speed.ts']],
    ['a document by its relative path', '[x](promotionz.md), [y](promotion.md#gate)', ['promotionz.md']],
    ['a file that no code writes', '`championz.json`', ['championz.json']],
    ['a folder', 'see `model/tensorflowz/kernels/`', ['model/tensorflowz/kernels']],
    ['nothing in patterns that match', '`functions/*.ts`, `examples/<name>/build.ts`', []],
    ['nothing in a name that the code has', 'domains/<domain>/champion.json', []],
  ])('finds %s', (_what, text, names) => {
    expect(missingFiles({ file: 'docs/agent.md', number: 1, text })).toEqual(names);
  });
});
