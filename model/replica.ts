import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type Adam, createAdam } from './adam.ts';
import { computeGradients, disposeGradients, trainableVariables } from './training-step.ts';

/** Weight of the past in the running mean and variance of batch normalisation. */
const STATISTICS_MOMENTUM = 0.97;

/**
 * A network in training together with flat copies of its weights. What one step learns from its batch is a flat array too
 * (gradients, then means and variances, then loss and number of right answers), so that several replicas can add up theirs.
 */
export interface Replica {
  /** Length of what `learn` writes. */
  readonly size: number;
  /** Passes a batch through the network and writes what it teaches. */
  learn(x: tf.Tensor4D, labels: tf.Tensor1D, into: Float32Array): void;
  /** Takes one step with the mean of what the replicas have learnt. */
  apply(learnt: Float32Array, learningRate: number): void;
  /** Loss and number of right answers in (the mean of) what was learnt. */
  score(learnt: Float32Array): { loss: number; correct: number };
  /** Brings the running statistics into the network; call it once, at the end. */
  finish(): void;
}

export function createReplica(model: tfl.LayersModel): Replica {
  const variables = trainableVariables(model);
  const running = runningStatistics(model);
  const parameters = flatten(variables);
  const statistics = flatten(running);
  const adam: Adam = createAdam(parameters.length);
  const lossAt = parameters.length + statistics.length;
  return {
    size: lossAt + 2,
    learn(x, labels, into) {
      const result = computeGradients(model, x, labels);
      const parts = [
        ...result.gradients,
        ...result.statistics.flatMap(({ mean, variance }) => [mean, variance]),
        result.loss,
        result.correct,
      ];
      let at = 0;
      for (const part of parts) {
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

function assign(variables: readonly tf.Variable[], flat: Float32Array) {
  let at = 0;
  for (const variable of variables) {
    const value = tf.tensor(flat.slice(at, at + variable.size), variable.shape);
    variable.assign(value);
    value.dispose();
    at += variable.size;
  }
}
