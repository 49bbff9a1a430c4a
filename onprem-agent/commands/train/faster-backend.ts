import { monotonicMs } from '#core/monotonic.ts';
import type { TrainingImages } from '#model/data/training-images.ts';
import { type BackendInfo, useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { type GeneralTrainingOptions, trainGeneral } from '#model/training/general.ts';

/** The first step prepares memory and kernels, so it says nothing about the others. */
const UNTIMED_STEPS = 1;
const TIMED_STEPS = 2;
/** Seconds that every backend has for its trial, at least. */
const LEAST_SECONDS = 20;

interface Attempted {
  data: TrainingImages;
  options: GeneralTrainingOptions;
}

/** What a trial has found. */
export interface Trial {
  backend: BackendName;
  /** 0 where it took twice as long as another one and was ended. */
  imagesPerSecond: number;
}

/**
 * Sets up TensorFlow on the processor or WebAssembly, whichever trains this network faster.
 *
 * @throws the signal's reason
 */
export async function fasterOnProcessor(attempted: Attempted, signal: AbortSignal): Promise<BackendInfo> {
  const [first, second] = await tryBackends(['tensorflow', 'wasm'], attempted, signal);
  const backend = await useBackend(first!.backend);
  return { ...backend, reason: `the faster one here: ${inWords(first!)}, ${inWords(second!)}` };
}

const inWords = ({ backend, imagesPerSecond }: Trial) =>
  imagesPerSecond === 0
    ? `${backend} half of it at the most`
    : `${backend} ${imagesPerSecond.toFixed(imagesPerSecond < 10 ? 1 : 0)} images/s`;

/**
 * Tries some steps of a training on each of the backends. Which one is faster on a processor depends on the
 * network and on the number of cores, so nothing but a trial can tell. Nothing of it is kept.
 *
 * @returns the fastest one first
 * @throws the signal's reason
 */
export async function tryBackends(
  backends: readonly BackendName[],
  { data, options }: Attempted,
  signal: AbortSignal,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  let quickest = Number.POSITIVE_INFINITY;
  for (const backend of backends) {
    await useBackend(backend);
    const startedAt = monotonicMs();
    const limit = Math.max(1_000 * LEAST_SECONDS, 2 * quickest);
    trials.push({ backend, imagesPerSecond: await rateOf({ data, options }, limit, signal) });
    quickest = Math.min(quickest, monotonicMs() - startedAt);
  }
  return trials.sort((one, other) => other.imagesPerSecond - one.imagesPerSecond);
}

/**
 * @param limit milliseconds after which it is given up
 * @returns images per second; 0 where it was given up
 */
async function rateOf({ data, options }: Attempted, limit: number, signal: AbortSignal): Promise<number> {
  const { maxSeconds: _, checkpoints: __, ...steps } = options;
  const enough = new AbortController();
  const timer = Number.isFinite(limit) ? setTimeout(() => enough.abort(enough), limit) : undefined;
  let from: { step: number; at: number } | undefined;
  let rate = 0;
  const onProgress = ({ step }: { step: number }) => {
    const at = monotonicMs();
    if (step < UNTIMED_STEPS) return;
    from ??= { step, at };
    if (step < from.step + TIMED_STEPS) return;
    rate ||= ((step - from.step) * options.batchSize * 1_000) / (at - from.at);
    enough.abort(enough);
  };
  try {
    const { model } = await trainGeneral(
      data,
      // As many epochs as give the steps of a trial, however small the data.
      { ...steps, epochs: options.batchSize * (UNTIMED_STEPS + TIMED_STEPS) + 1, patience: 0 },
      { onProgress, signal: AbortSignal.any([signal, enough.signal]) },
    );
    model.dispose();
  } catch (error) {
    if (error !== enough) throw error;
  } finally {
    clearTimeout(timer);
  }
  return rate;
}
