import { setImmediate } from 'node:timers/promises';

/**
 * Lets timers, signals and sockets have their turn in the middle of a long computation.
 *
 * @throws the signal's reason
 */
export async function yieldToEventLoop(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
