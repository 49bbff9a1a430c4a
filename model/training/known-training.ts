import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '#core/random.ts';
import { buildNetwork, type NetworkName } from '../network/build-network.ts';
import type { OptimiserSettings } from './optimisers/optimiser.ts';
import { createReplica } from './replica.ts';

/** A short training whose data and first weights are the same on every machine. */
export interface KnownTraining {
  network: NetworkName;
  /** See `NetworkOptions`. */
  width?: number;
  filters?: readonly number[];
  /** Height and width in pixels. */
  size: number;
  batch: number;
  optimiser: OptimiserSettings;
  learningRate: number;
  /** Steps, all with the same batch. */
  steps: number;
  /** Share by which pixels change at random, to see how a network amplifies rounding; 0 when left out. */
  jitter?: number;
}

/** What it gives on one backend. */
export interface KnownResult {
  /** Loss before each step. */
  losses: number[];
  /** Of the first step: gradients, then means and variances of the batch. */
  gradients: Float32Array;
  /** After the last step: weights, running statistics, the optimiser's state. */
  state: Float32Array;
}

const CLASSES = 10;

/** Trains on the backend in use. */
export async function trainKnown(training: KnownTraining): Promise<KnownResult> {
  const { network, width, filters, size, batch, optimiser, learningRate, steps, jitter = 0 } = training;
  const model = buildNetwork({
    ...{ name: network, input: { height: size, width: size }, labelCount: CLASSES, seed: 1 },
    ...(width === undefined ? {} : { width }),
    ...(filters === undefined ? {} : { filters }),
  });
  try {
    const random = createRandom('known training');
    const shaking = createRandom('jitter');
    const pixels = Float32Array.from(
      { length: batch * size * size * 3 },
      () => (random.below(256) / 127.5 - 1) * (1 + jitter * shaking.between(-1, 1)),
    );
    const labels = Array.from({ length: batch }, (_, i) => i % CLASSES);
    const replica = await createReplica(model, optimiser);
    const learnt = new Float32Array(replica.size);
    const losses: number[] = [];
    let gradients: Float32Array | undefined;
    for (let step = 0; step < steps; step++) {
      await replica.learn(
        () => ({
          x: tf.tensor4d(pixels, [batch, size, size, 3]),
          truth: { classIndices: tf.tensor1d(labels, 'int32') },
        }),
        learnt,
      );
      gradients ??= learnt.slice(0, -2);
      losses.push(replica.score(learnt).loss);
      replica.apply(learnt, { step, learningRate });
    }
    return { losses, gradients: gradients!, state: replica.save() };
  } finally {
    model.dispose();
  }
}

/** How far two results are apart. */
export interface Differences {
  /** Largest of the losses, as a share. */
  loss: number;
  /** Length of the difference of the vectors, as a share of the expected one's. */
  gradients: number;
  state: number;
}

export function differencesOf(actual: KnownResult, expected: KnownResult): Differences {
  const shares = expected.losses.map((loss, i) => Math.abs(actual.losses[i]! - loss) / Math.abs(loss));
  return {
    loss: shares.some(Number.isNaN) ? Number.NaN : Math.max(...shares),
    gradients: distance(actual.gradients, expected.gradients),
    state: distance(actual.state, expected.state),
  };
}

/** Far less than an image shows, and somewhat more than rounding. */
const JITTER = 1e-6;
const LEAST = { loss: 1e-4, gradients: 1e-3 };
const TIMES = 5;

/**
 * How far a backend that computes correctly may be from the one in use: deep and thin networks amplify
 * rounding. A thin ResNet-50 differs from itself by 2 % of its gradients when pixels change by a millionth.
 *
 * @param expected what the backend in use gives
 */
export async function toleranceOf(
  training: KnownTraining,
  expected: KnownResult,
): Promise<Pick<Differences, 'loss' | 'gradients'>> {
  const own = differencesOf(await trainKnown({ ...training, jitter: JITTER }), expected);
  return {
    loss: Math.max(LEAST.loss, TIMES * own.loss),
    gradients: Math.max(LEAST.gradients, TIMES * own.gradients),
  };
}

function distance(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let length = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    length += expected[i]! ** 2;
  }
  return Math.sqrt(difference / length);
}
