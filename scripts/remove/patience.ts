import { BusyError } from '#core/errors.ts';

/** How long and how often to look at AWS while it changes something. */
export interface Patience {
  /** Waits this many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds between two looks. */
  interval: number;
  /** How often to look. */
  looks: number;
}

/** @throws BusyError when the condition is not met in time */
export async function waitUntil(
  what: string,
  { sleep, interval, looks }: Patience,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  for (let look = 1; look <= looks; look++) {
    if (await isTrue()) return;
    if (look < looks) await sleep(interval);
  }
  throw new BusyError(
    `It takes longer than ${Math.round((interval * looks) / 60_000)} minutes until ${what}`,
    {
      hint: 'Run the same command again later: it goes on where it ended.',
    },
  );
}
