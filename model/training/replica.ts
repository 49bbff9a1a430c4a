import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createOptimiser } from './optimisers/create-optimiser.ts';
import type { OptimiserSettings, ParameterLayout } from './optimisers/optimiser.ts';
import { computeGradients, type Truth, trainableVariables } from './step.ts';

/**
 * A network in training, with flat copies of its weights. The result of one batch is a flat array too
 * (gradients, then means and variances, then loss and number of correct answers), so that several replicas
 * can add up theirs.
 */
export interface Replica {
  /** Length of what `learn` writes. */
  readonly size: number;
  /**
   * Passes a batch through the network and writes gradients, statistics and scores.
   *
   * @param take makes the batch's tensors, which are disposed as soon as they have been used
   */
  learn(take: () => { x: tf.Tensor4D; truth: Truth }, into: Float32Array): Promise<void>;
  /**
   * Takes one step with the mean of what the replicas have learnt.
   *
   * @param at `step` counts the steps taken before, from 0
   */
  apply(learnt: Float32Array, at: { step: number; learningRate: number }): void;
  /** Loss and number of correct answers in (the mean of) what was learnt. */
  score(learnt: Float32Array): { loss: number; correct: number };
  /**
   * Copies the running statistics into the network, and the average of the weights where there is one. Needed
   * before the network predicts or is saved; training may go on after it.
   */
  finish(): void;
  /**
   * Everything that the steps have changed, one after the other: weights, running statistics, the optimiser's
   * state.
   */
  save(): Float32Array;
  /**
   * Takes over a saved state, as if this replica had taken those steps itself.
   *
   * @param saved of a replica of the same architecture and optimiser
   * @throws RangeError when it is of another one
   */
  restore(saved: Float32Array): void;
}

export async function createReplica(
  model: tfl.LayersModel,
  settings: OptimiserSettings = { name: 'adam' },
): Promise<Replica> {
  const variables = trainableVariables(model);
  const running = runningStatistics(model);
  const runningVariables = running.map(({ variable }) => variable);
  const parameters = concatenate(await valuesOf(variables));
  const statistics = concatenate(await valuesOf(runningVariables));
  const optimiser = createOptimiser(settings, layoutOf(model), parameters);
  const lossAt = parameters.length + statistics.length;
  let holdsAverage = false;
  /** By name, in the order in which they are saved. */
  const parts = () => ({ parameters, statistics, ...optimiser.state() });
  return {
    size: lossAt + 2,
    async learn(take, into) {
      if (holdsAverage) assign(variables, parameters);
      holdsAverage = false;
      // A pass that fails leaves no tensors behind.
      const learnt = tf.tidy(() => {
        const { x, truth } = take();
        const { gradients, statistics, loss, correct } = computeGradients(model, x, truth);
        return [...gradients, ...statistics.flatMap(({ mean, variance }) => [mean, variance]), loss, correct];
      });
      try {
        let at = 0;
        for (const part of await valuesOf(learnt)) {
          into.set(part, at);
          at += part.length;
        }
      } finally {
        tf.dispose(learnt);
      }
    },
    apply(learnt, at) {
      optimiser.apply(parameters, learnt, at);
      let i = 0;
      for (const { variable, momentum } of running) {
        for (const end = i + variable.size; i < end; i++) {
          statistics[i]! += (1 - momentum) * (learnt[parameters.length + i]! - statistics[i]!);
        }
      }
      assign(variables, parameters);
    },
    score: (learnt) => ({ loss: learnt[lossAt]!, correct: learnt[lossAt + 1]! }),
    finish() {
      assign(runningVariables, statistics);
      if (optimiser.average === undefined) return;
      assign(variables, optimiser.average);
      holdsAverage = true;
    },
    save: () => concatenate(Object.values(parts())),
    restore(saved) {
      const restored = split(saved, parts());
      parameters.set(restored.parameters!);
      statistics.set(restored.statistics!);
      optimiser.restore(restored);
      assign(variables, parameters);
    },
  };
}

const layoutOf = (model: tfl.LayersModel): ParameterLayout[] =>
  model.trainableWeights.map((weight) => ({ name: weight.originalName, size: weight.read().size }));

/**
 * Running mean and variance of each batch normalisation, in the network's order, and the weight that the past
 * has in them.
 */
function runningStatistics(model: tfl.LayersModel): { variable: tf.Variable; momentum: number }[] {
  return model.layers
    .filter((layer) => layer.getClassName() === 'BatchNormalization')
    .flatMap((layer) => {
      const { momentum } = layer.getConfig() as { momentum: number };
      return (layer.getWeights().slice(2) as tf.Variable[]).map((variable) => ({ variable, momentum }));
    });
}

/**
 * Values of tensors. A GPU gives them asynchronously; all are asked for at once.
 *
 * @throws the first error, when nothing is being read any more
 */
async function valuesOf(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const outcomes = await Promise.allSettled(tensors.map((tensor) => tensor.data()));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value as Float32Array;
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const flat = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  return flat;
}

/**
 * The parts of a flat array, by name.
 *
 * @throws RangeError when their lengths do not add up to the whole array
 */
function split(flat: Float32Array, parts: Record<string, Float32Array>): Record<string, Float32Array> {
  const expected = Object.values(parts).reduce((size, { length }) => size + length, 0);
  if (expected !== flat.length)
    throw new RangeError(`expected ${expected} saved values, found ${flat.length}`);
  let at = 0;
  return Object.fromEntries(
    Object.entries(parts).map(([name, { length }]) => {
      at += length;
      return [name, flat.subarray(at - length, at)];
    }),
  );
}

function assign(variables: readonly tf.Variable[], flat: Float32Array) {
  let at = 0;
  for (const variable of variables) {
    const value = tf.tensor(flat.slice(at, at + variable.size), variable.shape);
    variable.assign(value);
    value.dispose();
    at += variable.size;
  }
}
