import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '#core/random.ts';
import { type TrainingImages, trainingImagesOf } from '#model/data/training-images.ts';
import { networkInput } from '#model/network/input.ts';
import { trainGeneral } from '#model/training/general.ts';
import type { GeneralTrainingProgress } from '#model/training/general-progress.ts';
import type { Timed } from './plan.ts';

const LABELS = 10;

export interface Rate {
  imagesPerSecond: number;
  /** Share of the time in which the training waited for data, its start included. */
  stall: number;
  /** Steps that were timed. */
  steps: number;
  /** Of the GPU, as TensorFlow.js counts it; of the process. */
  gpuBytes: number | undefined;
  processBytes: number;
  /** What the training told a person, for instance that memory did not suffice. */
  notices: string[];
}

/** How fast `graft train` trains on the backend in use, with images of noise that are in memory. */
export async function measureRate(what: Timed, seconds: number): Promise<Rate | { error: string }> {
  const { network, width, size, batch, warmUp } = what;
  const enough = new AbortController();
  const notices: string[] = [];
  let first: { step: number; at: number } | undefined;
  let rate: Rate | undefined;
  const onProgress = ({ step, stall }: GeneralTrainingProgress) => {
    if (step < warmUp) return;
    const at = performance.now();
    first ??= { step, at };
    const elapsed = (at - first.at) / 1_000;
    const steps = step - first.step;
    if (elapsed < seconds || steps === 0) return;
    const memory = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU?: number };
    rate = {
      ...{ imagesPerSecond: (steps * batch) / elapsed, stall, steps, notices },
      gpuBytes: memory.numBytesAllocatedInGPU,
      processBytes: process.memoryUsage.rss(),
    };
    enough.abort(enough);
  };
  try {
    await trainGeneral(
      noise(size, 2 * Math.max(batch, LABELS)),
      { network, width, batchSize: batch, epochs: 1e6, seed: 1, validationShare: 0.1 },
      { signal: enough.signal, onProgress, onNotice: (message) => void notices.push(message) },
    );
  } catch (error) {
    if (error !== enough) return { error: (error as Error).message };
  }
  return rate ?? { error: 'the training ended before it was timed' };
}

function noise(side: number, images: number): TrainingImages {
  const size = side * side * 3;
  const random = createRandom('noise');
  const pixels = Uint8Array.from({ length: images * size }, () => random.below(256));
  return trainingImagesOf({
    labels: Array.from({ length: LABELS }, (_, i) => `class ${i}`),
    ids: Array.from({ length: images }, (_, i) => `class ${i % LABELS}/${i}`),
    classIndices: Int32Array.from({ length: images }, (_, i) => i % LABELS),
    input: networkInput(side),
    digest: '0'.repeat(64),
    size: images,
    damaged: [],
    close: () => {},
    gather: (indices) => {
      const chosen = new Uint8Array(indices.length * size);
      for (const [i, index] of Array.from(indices).entries()) {
        chosen.set(pixels.subarray(index * size, (index + 1) * size), i * size);
      }
      return chosen;
    },
  });
}
