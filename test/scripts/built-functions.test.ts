import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { keepBuiltFunctions, takeBuiltFunctions } from '../../scripts/built-functions.ts';

const base = mkdtempSync(join(tmpdir(), 'graft-built-functions-'));
afterAll(() => rmSync(base, { recursive: true }));

let [built, kept, taken] = ['', '', ''];
beforeEach(() => {
  [built, kept, taken] = ['built', 'kept', 'taken'].map((name) => mkdtempSync(join(base, name))) as [
    string,
    string,
    string,
  ];
  writeFileSync(join(built, 'read.zip'), 'the archive');
  writeFileSync(join(built, 'template.json'), '{}');
});

describe('archives of the functions', () => {
  test('are taken where their sources are the same', async () => {
    await keepBuiltFunctions(built, 'digest', kept);

    expect(await takeBuiltFunctions(taken, 'digest', kept)).toBe(true);
    expect(readdirSync(taken)).toEqual(['read.zip']);
    expect(readFileSync(join(taken, 'read.zip'), 'utf8')).toBe('the archive');
  });

  test('are not taken where a source has changed', async () => {
    await keepBuiltFunctions(built, 'digest', kept);

    expect(await takeBuiltFunctions(taken, 'another digest', kept)).toBe(false);
    expect(readdirSync(taken)).toEqual([]);
  });

  test('are not there before they have been built', async () => {
    expect(await takeBuiltFunctions(taken, '', join(kept, 'missing'))).toBe(false);
  });

  test('of functions that are gone are not kept', async () => {
    await keepBuiltFunctions(built, 'digest', kept);
    rmSync(join(built, 'read.zip'));
    writeFileSync(join(built, 'write.zip'), 'another');
    await keepBuiltFunctions(built, 'later digest', kept);

    expect(await takeBuiltFunctions(taken, 'later digest', kept)).toBe(true);
    expect(readdirSync(taken)).toEqual(['write.zip']);
  });
});
