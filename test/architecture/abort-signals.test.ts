import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const rooms = ['core', 'cloud', 'console', 'container', 'functions', 'model', 'onprem-agent'];

const sources = rooms
  .flatMap((room) => readdirSync(join(root, room), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

/** Names under which code takes an AbortSignal, with a mark behind a parameter that another one follows. */
function signalsIn(source: string): string[] {
  const taken = /(\w+)\??: AbortSignal(?: \| undefined)?(?:(,)\s*(?=[\w{[.]))?/g;
  return [...source.matchAll(taken)].map(([, name, comma]) => `${name}${comma ?? ''}`);
}

test('an AbortSignal is called signal and comes last', () => {
  const wrong = sources.flatMap((file) =>
    signalsIn(readFileSync(file, 'utf8'))
      .filter((found) => found !== 'signal')
      .map((found) => `${relative(root, file)}: ${found}`),
  );

  expect(sources.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});

test.each([
  ['(a: string, signal: AbortSignal) =>', 'signal'],
  ['(\n  signal?: AbortSignal,\n)', 'signal'],
  ['options: { signal?: AbortSignal | undefined; output: Output }', 'signal'],
  ['(\n  gone: AbortSignal,\n)', 'gone'],
  ['(signal: AbortSignal, options = {})', 'signal,'],
  ['(\n  signal?: AbortSignal,\n  onPoint?: () => void,\n)', 'signal,'],
])('finds in %j: %s', (source, found) => {
  expect(signalsIn(source)).toEqual([found]);
});
