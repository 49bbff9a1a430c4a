import { readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bandwidth, minutesOfDay, parseBandwidth, type Rate, rateAt, UNLIMITED } from './bandwidth.ts';

/** Milliseconds between two looks at the file. */
const LOOK_MS = 1000;

/** The limit for all uploads of this person on this machine; `graft bandwidth` writes it. */
const bandwidthFile = (state: string): string => join(state, 'bandwidth');

/** The limit in the state folder; none where there is no file. */
export function readBandwidth(state: string): Bandwidth {
  const path = bandwidthFile(state);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return UNLIMITED;
  }
  return parseBandwidth(text.trim(), `The limit in "${path}"`);
}

/** Replaces the file in one step: uploads read it while they run. */
export async function writeBandwidth(state: string, bandwidth: Bandwidth): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const temporary = `${bandwidthFile(state)}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${bandwidth.text}\n`);
    await rename(temporary, bandwidthFile(state));
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * The limit that holds now. The latest word counts: what the command line says holds until the file is
 * written after that.
 *
 * @param asked of the command line
 * @param clock for tests; milliseconds and the date
 */
export function currentRate(
  state: string,
  asked: Bandwidth | undefined,
  clock: { now(): number; date(): Date } = { now: () => performance.now(), date: () => new Date() },
): () => Rate {
  const atStart = stampOf(state);
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen: string | undefined;
  let bandwidth = asked ?? UNLIMITED;
  return () => {
    if (clock.now() - lookedAt >= LOOK_MS) {
      lookedAt = clock.now();
      const stamp = stampOf(state);
      if (stamp !== seen && (asked === undefined || stamp !== atStart)) {
        // A file that was spoilt by hand stops nothing: the limit before it holds.
        bandwidth = attempt(() => readBandwidth(state)) ?? bandwidth;
      }
      seen = stamp;
    }
    return rateAt(bandwidth, minutesOfDay(clock.date()));
  };
}

function stampOf(state: string): string {
  const { mtimeMs, ino } = attempt(() => statSync(bandwidthFile(state))) ?? { mtimeMs: 0, ino: 0 };
  return `${mtimeMs} ${ino}`;
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
