import { errorFields } from '../cli/errors.ts';
import {
  clearFailure,
  type Entry,
  type EntryDestination,
  listEntries,
  readFailure,
  writeFailure,
} from '../spool/entry.ts';
import { isLock, takeLock } from '../spool/lock.ts';
import type { UploadResult } from '../spool/result.ts';
import type { FailedAttempt } from '../upload/persistence.ts';
import type { Throttle } from '../upload/throttle.ts';
import { uploadEntry } from '../upload/upload-entry.ts';

/**
 * Milliseconds after which an upload that was given up is tried again: a permission may have been granted.
 */
const AGAIN_MS = 15 * 60_000;

/** What the service is told of its uploads. */
export interface DrainEvents {
  onBegin(entry: Entry): void;
  onProgress(entry: Entry, moment: { done: number; total: number; rate: number }): void;
  onTrouble(entry: Entry, attempt: FailedAttempt): void;
  onRecovery(entry: Entry): void;
  onDone(entry: Entry, result: UploadResult): void;
  onGivenUp(entry: Entry, error: unknown): void;
  onDamaged(folder: string, error: Error): void;
}

export interface DrainOptions {
  spool: string;
  state: string;
  environment: NodeJS.ProcessEnv;
  throttle: Throttle;
  events: DrainEvents;
  now(): number;
  signal: AbortSignal;
}

/**
 * Uploads what is in the spool: the oldest first, one at a time to each destination, so that one that cannot
 * be reached holds up no other.
 */
export function createDrain(options: DrainOptions) {
  const { events, environment, signal } = options;
  const active = new Map<string, Promise<void>>();
  const damaged = new Set<string>();

  const upload = async (entry: Entry): Promise<void> => {
    const lock = await takeLock(entry.folder);
    if (!isLock(lock)) return;
    try {
      events.onBegin(entry);
      const result = await uploadEntry(entry, {
        state: options.state,
        environment,
        throttle: options.throttle,
        patient: true,
        onProgress: (moment) => events.onProgress(entry, moment),
        onFailure: (attempt) => events.onTrouble(entry, attempt),
        onRecovery: () => events.onRecovery(entry),
        now: options.now,
        signal,
      });
      events.onDone(entry, result);
    } catch (error) {
      if (signal.aborted) return;
      const { name, message, hint } = errorFields(error);
      if (name !== 'Cancelled') {
        const at = new Date().toISOString();
        await writeFailure(entry.folder, { at, name, message, ...(hint === undefined ? {} : { hint }) });
      }
      events.onGivenUp(entry, error);
    } finally {
      await lock.release();
    }
  };

  return {
    /** Begins what can begin now. */
    async look(): Promise<void> {
      const found = await listEntries(options.spool);
      for (const { folder, error } of found.damaged) {
        if (!damaged.has(folder)) events.onDamaged(folder, error);
        damaged.add(folder);
      }
      for (const entry of found.entries) {
        const key = destinationKey(entry.record.destination);
        if (signal.aborted || active.has(key) || !(await isDue(entry.folder))) continue;
        const one = upload(entry).finally(() => active.delete(key));
        active.set(key, one);
      }
    },
    /** Waits until nothing is under way. */
    async settled(): Promise<void> {
      await Promise.allSettled(active.values());
    },
  };
}

const destinationKey = ({ trust: _trust, ...destination }: EntryDestination) => JSON.stringify(destination);

async function isDue(folder: string): Promise<boolean> {
  const failure = await readFailure(folder);
  if (failure === undefined) return true;
  if (failure.name === 'IntegrityViolation') return false;
  if (Date.now() - Date.parse(failure.at) < AGAIN_MS) return false;
  await clearFailure(folder);
  return true;
}
