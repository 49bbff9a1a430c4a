import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isRunning } from '#core/is-running.ts';

it('a process of any user is running until it has ended', () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(1)).toBe(true);
  expect(isRunning(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
});
