import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { ownIdentity } from '../../../onprem-agent/spool/identity.ts';
import { isLock, type Lock, lockHolder, takeLock } from '../../../onprem-agent/spool/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-lock-'));
  return () => rm(folder, { recursive: true, force: true });
});
const hold = (number: number, identity: object) =>
  writeFile(join(folder, `lock.${number}`), JSON.stringify({ ...ownIdentity(new Date()), ...identity }));

it('one of many takes a lock, and the others are told who has it', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => takeLock(folder)));

  const locks = all.filter(isLock);
  expect(locks).toHaveLength(1);
  for (const other of all.filter((each) => !isLock(each))) expect(other).toMatchObject({ pid: process.pid });
  expect(await lockHolder(folder)).toMatchObject({ pid: process.pid, host: hostname() });
  await (locks[0] as Lock).release();
  expect(await lockHolder(folder)).toBeUndefined();
  expect(isLock(await takeLock(folder))).toBe(true);
  expect((await readdir(folder)).filter((name) => name.startsWith('.lock'))).toEqual([]);
});

it.each([
  ['a process that has ended', { pid: 2 ** 22 + 1 }],
  ['a process whose number another one has now', { start: 'another boot 1' }],
])('a lock of %s is free, for one', async (_whose, identity) => {
  await hold(7, identity);

  const all = await Promise.all(Array.from({ length: 20 }, () => takeLock(folder)));

  expect(all.filter(isLock)).toHaveLength(1);
  expect((await readdir(folder)).sort()).toEqual(['lock.8']);
});

it('a lock of another machine is never taken', async () => {
  await hold(1, { host: 'elsewhere', pid: 2 ** 22 + 1 });

  expect(await takeLock(folder)).toMatchObject({ host: 'elsewhere' });
});

it('a lock that is damaged is free, and a folder that has gone has none', async () => {
  await writeFile(join(folder, 'lock.1'), '{');

  expect(isLock(await takeLock(folder))).toBe(true);
  await rm(folder, { recursive: true });
  expect(await takeLock(folder)).toBeUndefined();
});
