import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderInMemory } from './folder-in-memory.ts';

const memory = mkdtempSync(join(tmpdir(), 'graft-memory-'));
afterAll(() => rmSync(memory, { recursive: true, force: true }));

test('what a killed process has left in memory goes, and nothing else', () => {
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const kept = [`graft-tests-${process.ppid}`, 'graft-tests-other', 'another'];
  for (const name of [`graft-tests-${gone}`, ...kept])
    mkdirSync(join(memory, name, 'within'), { recursive: true });

  const folder = folderInMemory(memory);

  expect(
    readdirSync(memory)
      .filter((name) => join(memory, name) !== folder)
      .sort(),
  ).toEqual(kept.sort());
  expect(folder === undefined || existsSync(folder)).toBe(true);
});

test('there is none where the machine has no such file system, or it runs no programs', () => {
  expect(folderInMemory(join(memory, 'nowhere'))).toBeUndefined();

  const before = readdirSync(memory);
  expect(folderInMemory(memory, () => false)).toBeUndefined();
  expect(readdirSync(memory).filter((name) => !before.includes(name))).toEqual([]);
});
