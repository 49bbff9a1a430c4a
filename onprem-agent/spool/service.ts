import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from './identity.ts';
import { type Lock, lockHolder, takeLock } from './lock.ts';

const folderOf = (state: string) => join(state, 'service');

/** The process of `graft watch` that serves this state folder; undefined where none does. */
export const serviceOf = (state: string): Promise<Identity | undefined> => lockHolder(folderOf(state));

/** Becomes the one service of this state folder. @returns the other one where there is one */
export async function becomeService(state: string): Promise<Lock | Identity> {
  await mkdir(folderOf(state), { recursive: true, mode: 0o700 });
  const taken = await takeLock(folderOf(state));
  if (taken === undefined) throw new Error(`"${folderOf(state)}" has been removed`);
  return taken;
}
