import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '#core/random.ts';
import { type TrainingImages, trainingImagesOf } from '#model/data/training-images.ts';
import { buildNetwork, type NetworkName } from '#model/network/build-network.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { trainGeneral } from '#model/training/general.ts';

export const SIDE = 32;
export const LABEL_COUNT = 300;
export const BATCH = 64;

/**
 * Steps before the clock starts: compilation, and the first growth of the memory. A large network needs
 * fewer.
 */
const warmUpSteps = (network: NetworkName) => (network === 'compact' ? 30 : 2);

export interface Rates {
  /** Images per second. */
  train: number;
  predict: number;
  version: string;
  device: string;
}

export interface Task {
  backend: BackendName;
  network: NetworkName;
  width: number;
  /** Threads that share every batch. */
  workers: number;
  seconds: number;
}

/** One turn of one of our backends, in the process that the parent started for it. */
export async function measureRates(task: Task): Promise<Rates> {
  const { version, device } = await useBackend(task.backend);
  return { train: await trainingRate(task), predict: predictionRate(task), version, device };
}

function noise(images: number): TrainingImages {
  const size = SIDE * SIDE * 3;
  const random = createRandom('noise');
  const pixels = Uint8Array.from({ length: images * size }, () => random.below(256));
  return trainingImagesOf({
    labels: Array.from({ length: LABEL_COUNT }, (_, i) => `class ${i}`),
    ids: Array.from({ length: images }, (_, i) => `class ${i % LABEL_COUNT}/${i}`),
    classIndices: Int32Array.from({ length: images }, (_, i) => i % LABEL_COUNT),
    input: networkInput(SIDE),
    digest: '0'.repeat(64),
    size: images,
    damaged: [],
    close: () => {},
    gather: (indices) => {
      const chosen = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        chosen.set(pixels.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
      }
      return chosen;
    },
  });
}

async function trainingRate({ network, width, workers, seconds }: Task): Promise<number> {
  const enough = new AbortController();
  let first: { step: number; at: number } | undefined;
  let rate = 0;
  const options = {
    ...{ network, width, epochs: 1e6, batchSize: BATCH, seed: 1, validationShare: 0.1, workers },
  };
  const training = trainGeneral(noise(8 * LABEL_COUNT), options, {
    signal: enough.signal,
    onProgress({ step }) {
      const at = performance.now();
      if (step < warmUpSteps(network)) return;
      first ??= { step, at };
      const elapsed = (at - first.at) / 1_000;
      if (elapsed < seconds || step === first.step) return;
      rate = ((step - first.step) * BATCH) / elapsed;
      enough.abort(enough);
    },
  });
  await training.catch((error) => {
    if (error !== enough) throw error;
  });
  return rate;
}

function predictionRate({ network, width, seconds }: Task): number {
  const input = networkInput(SIDE);
  const model = buildNetwork({ name: network, width, input, labelCount: LABEL_COUNT, seed: 1 });
  const images = tf.randomUniform([BATCH, SIDE, SIDE, 3], -1, 1);
  const once = () => {
    tf.tidy(() => (model.predictOnBatch(images) as tf.Tensor).dataSync());
  };
  for (let i = 0; i < warmUpSteps(network); i++) once();
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1_000) {
    once();
    done += BATCH;
  }
  return (1_000 * done) / (performance.now() - started);
}
