import type { CurvePoint } from '#core/contracts/evaluation.ts';

/** What fine-tuning and baseline report while they run, and how they are stopped. */
export interface TrainingHooks {
  onPoint?: (point: CurvePoint) => void;
  /** Hears where an interrupted training goes on, before its first step. */
  onResume?: (from: { phase: string; step: number; curve: readonly CurvePoint[] }) => void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
  signal?: AbortSignal;
}

/** Lets timers, signals and sockets have their turn between two gradient steps, and stops when asked to. */
export async function yieldToEventLoop(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
