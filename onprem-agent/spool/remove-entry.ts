import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GraftError } from '#core/errors.ts';

/** In one step for everybody else: a half removed entry is none. */
export async function removeEntry(folder: string): Promise<void> {
  const gone = join(
    dirname(folder),
    `.gone-${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`,
  );
  await rename(folder, gone);
  await rm(gone, { recursive: true, force: true });
}

export const cancelled = (id: string): GraftError =>
  new GraftError('Cancelled', `The upload of ${id} was cancelled`, { hint: 'Push the model again.' });
