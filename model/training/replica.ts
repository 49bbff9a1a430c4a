import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type Adam, createAdam } from './adam.ts';
import { computeGradients, disposeGradients, trainableVariables } from './step.ts';

/** Weight of the past in the running mean and variance of batch normalisation. */
const STATISTICS_MOMENTUM = 0.97;

/**
 * A network in training, with flat copies of its weights. The result of one batch is a flat array too
 * (gradients, then means and variances, then loss and number of correct answers), so that several replicas
 * can add up theirs.
 */
export interface Replica {
  /** Length of what `learn` writes. */
  readonly size: number;
  /** Passes a batch through the network and writes gradients, statistics and scores. */
  learn(x: tf.Tensor4D, classIndices: tf.Tensor1D, into: Float32Array): void;
  /** Takes one step with the mean of what the replicas have learnt. */
  apply(learnt: Float32Array, learningRate: number): void;
  /** Loss and number of correct answers in (the mean of) what was learnt. */
  score(learnt: Float32Array): { loss: number; correct: number };
  /** Copies the running statistics into the network. Needed before the network predicts or is saved. */
  finish(): void;
  /** Everything that the steps have changed: weights, running statistics, the optimiser's moments. */
  save(): Float32Array;
  /**
   * Takes over a saved state, as if this replica had taken those steps itself.
   *
   * @param saved of a replica of the same architecture
   * @param steps taken when it was saved
   */
  restore(saved: Float32Array, steps: number): void;
}

export function createReplica(model: tfl.LayersModel): Replica {
  const variables = trainableVariables(model);
  const running = runningStatistics(model);
  const parameters = flatten(variables);
  const statistics = flatten(running);
  const adam: Adam = createAdam(parameters.length);
  const lossAt = parameters.length + statistics.length;
  const parts = [parameters, statistics, ...adam.moments];
  return {
    size: lossAt + 2,
    learn(x, classIndices, into) {
      const result = computeGradients(model, x, classIndices);
      const learnt = [
        ...result.gradients,
        ...result.statistics.flatMap(({ mean, variance }) => [mean, variance]),
        result.loss,
        result.correct,
      ];
      let at = 0;
      for (const part of learnt) {
        into.set(part.dataSync(), at);
        at += part.size;
      }
      disposeGradients(result);
    },
    apply(learnt, learningRate) {
      adam.update(parameters, learnt, learningRate);
      for (let i = 0; i < statistics.length; i++) {
        statistics[i]! += (1 - STATISTICS_MOMENTUM) * (learnt[parameters.length + i]! - statistics[i]!);
      }
      assign(variables, parameters);
    },
    score: (learnt) => ({ loss: learnt[lossAt]!, correct: learnt[lossAt + 1]! }),
    finish: () => assign(running, statistics),
    save() {
      const saved = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
      let at = 0;
      for (const part of parts) {
        saved.set(part, at);
        at += part.length;
      }
      return saved;
    },
    restore(saved, steps) {
      const [weights, means, first, second] = split(
        saved,
        parts.map((part) => part.length),
      );
      parameters.set(weights!);
      statistics.set(means!);
      adam.restore([first!, second!], steps);
      assign(variables, parameters);
    },
  };
}

/** Running mean and variance of each batch normalisation, in the network's order. */
function runningStatistics(model: tfl.LayersModel): tf.Variable[] {
  return model.layers
    .filter((layer) => layer.getClassName() === 'BatchNormalization')
    .flatMap((layer) => layer.getWeights().slice(2) as tf.Variable[]);
}

function flatten(variables: readonly tf.Variable[]): Float32Array {
  const flat = new Float32Array(variables.reduce((size, variable) => size + variable.size, 0));
  let at = 0;
  for (const variable of variables) {
    flat.set(variable.dataSync(), at);
    at += variable.size;
  }
  return flat;
}

/** @throws RangeError when the lengths do not add up to the whole array */
function split(flat: Float32Array, lengths: readonly number[]): Float32Array[] {
  const expected = lengths.reduce((size, length) => size + length, 0);
  if (expected !== flat.length)
    throw new RangeError(`expected ${expected} saved values, found ${flat.length}`);
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return flat.subarray(at - length, at);
  });
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
