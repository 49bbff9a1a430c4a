import { setTimeout as sleep } from 'node:timers/promises';
import { GraftError } from '#core/errors.ts';
import { type ApiOptions, PredictionRefusedError } from './call-api.ts';
import type { Answer } from './predict-locally.ts';
import { predictBytes, predictSeveral } from './predict-remotely.ts';

/** Attempts of one request; the pauses between them add up to a minute or more. */
const ATTEMPTS = 9;
/** Milliseconds: pauses grow from the first to the most, with full jitter, after what the answer asks for. */
const PAUSE_MS = { first: 500, most: 60_000 };
/** Answers that another attempt can change. */
const MENDS = new Set([408, 429, 500, 502, 503, 504]);
/** Answers about the caller or the domain, not about an image. */
const STOPS = new Set([401, 403, 404]);

export interface Patience {
  /** In [0, 1). */
  random(): number;
  pause(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

export const PATIENCE: Patience = {
  random: Math.random,
  pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Asks the API about images in one request. Where it refuses all because of one, it is asked about each.
 *
 * @returns for each image the answer, or why there is none
 * @throws GraftError where the trouble is not with an image, or lasts
 */
export async function askApi(
  images: readonly Uint8Array[],
  options: ApiOptions,
  patience = PATIENCE,
): Promise<(Answer | Error)[]> {
  const ask = async () =>
    images.length > 1 ? predictSeveral(images, options) : [await predictBytes(images[0]!, options)];
  try {
    return await persistently(ask, patience, options.signal);
  } catch (error) {
    const isOfImage = error instanceof PredictionRefusedError && !MENDS.has(error.status);
    if (!isOfImage || STOPS.has(error.status)) throw error;
    if (images.length === 1) return [error];
    const each: (Answer | Error)[] = [];
    for (const image of images) each.push(...(await askApi([image], options, patience)));
    return each;
  }
}

/** Asks again after what may pass, with growing pauses. */
export async function persistently<T>(
  ask: () => Promise<T>,
  { random, pause }: Patience,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!mends(error) || attempt === ATTEMPTS || signal.aborted) throw error;
      const asked = error instanceof PredictionRefusedError ? (error.retryAfter ?? 0) * 1000 : 0;
      const grown = random() * Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** (attempt - 1));
      await pause(Math.min(PAUSE_MS.most, asked) + grown, signal);
    }
  }
}

const mends = (error: unknown): boolean =>
  error instanceof PredictionRefusedError
    ? MENDS.has(error.status)
    : error instanceof GraftError && error.name === 'Unreachable';
