import { setTimeout as sleep } from 'node:timers/promises';
import { GraftError } from '#core/errors.ts';
import type { Io } from '../cli/io.ts';
import type { Output } from '../cli/output.ts';
import { readActivity } from '../spool/activity.ts';
import { type Entry, readFailure } from '../spool/entry.ts';
import { isLock, takeLock } from '../spool/lock.ts';
import { cancelled } from '../spool/remove-entry.ts';
import { readResult, type UploadResult } from '../spool/result.ts';
import { serviceOf } from '../spool/service.ts';
import { keepOrRemove } from './give-up.ts';
import { tellFailure } from './tell-failure.ts';
import type { Throttle } from './throttle.ts';
import { uploadEntry } from './upload-entry.ts';

/** Milliseconds between two looks at what another process does. */
const LOOK_MS = 300;

export interface Finishing {
  io: Io;
  output: Output;
  state: string;
  throttle: Throttle;
  patient: boolean;
}

/**
 * Sees an entry's upload to its end: uploads it here, unless the service or another process does.
 *
 * @throws GraftError when it was given up, or was cancelled
 */
export async function finishEntry(entry: Entry, finishing: Finishing): Promise<UploadResult> {
  const { io, output, state } = finishing;
  const progress = output.progress('upload', 'upload');
  const show = (done: number, total: number, rate: number) =>
    progress.update({ done, total, unit: 'B', rate, secondsLeft: rate > 0 ? (total - done) / rate : 0 });
  try {
    for (;;) {
      io.signal.throwIfAborted();
      const served = (await serviceOf(state)) !== undefined;
      const taken = served ? 'busy' : await takeLock(entry.folder);
      if (typeof taken === 'object' && isLock(taken)) {
        return await uploadHere(entry, finishing, show).finally(() => taken.release());
      }
      const result = await readResult(state, entry.record.id);
      if (result !== undefined) return result;
      if (taken === undefined) throw cancelled(entry.record.id);
      const failure = served ? await readFailure(entry.folder) : undefined;
      if (failure !== undefined) {
        const hint = failure.hint === undefined ? {} : { hint: failure.hint };
        throw new GraftError(failure.name, failure.message, hint);
      }
      const activity = await readActivity(entry.folder);
      if (activity !== undefined) show(activity.done, activity.total, activity.rate);
      await sleep(LOOK_MS, undefined, { signal: io.signal });
    }
  } finally {
    progress.end();
  }
}

async function uploadHere(
  entry: Entry,
  { io, output, state, throttle, patient }: Finishing,
  show: (done: number, total: number, rate: number) => void,
): Promise<UploadResult> {
  try {
    return await uploadEntry(entry, {
      state,
      environment: io.environment,
      throttle,
      patient,
      onProgress: ({ done, total, rate }) => show(done, total, rate),
      onFailure: (attempt) => tellFailure(output, attempt),
      onRecovery: () => output.note('recovered', {}, 'The upload goes on.'),
      now: io.now,
      signal: io.signal,
    });
  } catch (error) {
    if (error instanceof GraftError && error.name === 'Cancelled') throw error;
    const keeps = io.signal.aborted || (await keepOrRemove(entry, error, io.environment));
    if (keeps) {
      output.note(
        'kept',
        { id: entry.record.id },
        'The model stays in the spool: the same command goes on where this one ended, and so does `graft watch`.',
      );
    }
    throw error;
  }
}
