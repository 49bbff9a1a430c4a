import { type Stats, statSync } from 'node:fs';

/** Milliseconds: the coarsest times that file systems keep. */
const RACY_MS = 2000;

/** @returns undefined where it has gone or cannot be looked at, which reading it will explain */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** What a file looks like from outside; while it stays the same, so does the content. */
export function lookOf(status: Stats | undefined): string {
  const { size, mtimeMs, ctimeMs, ino } = status ?? {};
  return `${size},${mtimeMs},${ctimeMs},${ino}`;
}

/**
 * Whether a file is so new that it may change once more without looking different.
 *
 * @param now milliseconds since 1970, before the look
 */
export const isRacy = (status: Stats | undefined, now: number): boolean =>
  (status?.ctimeMs ?? 0) > now - RACY_MS;
