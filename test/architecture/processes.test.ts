import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownProcess } from '../setup/own-process.ts';

const root = new URL('../..', import.meta.url).pathname;

/** What changes the process for the files that come after. */
const CHANGES: [string, RegExp][] = [
  ['a module', /\bvi\.(?:mock|doMock)\(/],
  [
    'the environment',
    /process\.env(?:\.\w+|\[[^\]]+\]) \??\??=[^=]|assign\(process\.env|delete process\.env/,
  ],
  ['the working folder', /process\.chdir\(/],
  ['a global', /(?:\bDate\.now|\bMath\.random|globalThis\.\w+) =[^=]/],
];

/** What a file may change when it takes it back. */
const TAKEN_BACK: [string, RegExp, RegExp][] = [
  ['the environment', /\bvi\.stubEnv\(/, /\bvi\.unstubAllEnvs\b/],
  ['a global', /\bvi\.stubGlobal\(/, /\bvi\.unstubAllGlobals\b/],
  ['the clock', /\bvi\.useFakeTimers\(/, /\bvi\.useRealTimers\b/],
];

/** What a source changes of its process and leaves changed. */
function changesIn(source: string): string[] {
  return [
    ...CHANGES.filter(([, change]) => change.test(source)),
    ...TAKEN_BACK.filter(([, change, back]) => change.test(source) && !back.test(source)),
  ].map(([what]) => what);
}

const sources = new Map(
  ['test', 'packages/local-aws/test']
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [relative(root, file), readFileSync(file, 'utf8')]),
);

/** A file of the tests, those that it imports, and theirs. */
function withImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file) || !sources.has(file)) return found;
  found.add(file);
  for (const [, specifier] of sources.get(file)!.matchAll(/\b(?:from|import) '(\.[^']+)'/g)) {
    withImports(join(dirname(file), specifier!), found);
  }
  return found;
}

describe('test files that share a process', () => {
  test('leave it as they have found it', () => {
    const shared = [...sources.keys()].filter(
      (file) => file.endsWith('.test.ts') && !ownProcess.some((path) => file.startsWith(path)),
    );
    expect(shared.length).toBeGreaterThan(300);
    const changes = shared
      // This one only talks of changes.
      .filter((file) => !import.meta.url.endsWith(file))
      .flatMap((file) => [...withImports(file)])
      .flatMap((file) => changesIn(sources.get(file)!).map((what) => `${file} changes ${what}`));

    expect([...new Set(changes)]).toEqual([]);
  });

  test.each([
    ["vi.mock('./a.ts')", ['a module']],
    ["process.env.HOME = '/tmp'", ['the environment']],
    ["if (process.env.HOME === '/tmp') return", []],
    ["vi.stubEnv('HOME', '/tmp')", ['the environment']],
    ["vi.stubEnv('HOME', '/tmp'); afterEach(() => vi.unstubAllEnvs())", []],
    ['vi.useFakeTimers()', ['the clock']],
    ['Date.now = () => 0', ['a global']],
  ])('are told apart: %s', (source, found) => {
    expect(changesIn(source)).toEqual(found);
  });
});
