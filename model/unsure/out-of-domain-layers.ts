import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { copyModel } from '../network/copy-model.ts';
import { asLayer, type ClassStatistics } from './class-statistics.ts';

/** The means of the domain's classes, and the distance from which on an image belongs to none of them. */
export interface OutOfDomain {
  statistics: ClassStatistics;
  /** The distance that most of the domain's own images stay within. */
  threshold: number;
  /** Unit of the distance from the threshold. */
  spread: number;
}

/** The layer whose input is the features: the head. */
export function lastDense(model: tfl.LayersModel): tfl.layers.Layer {
  const dense = model.layers.findLast((layer) => layer.getClassName() === 'Dense');
  if (dense === undefined) throw new RangeError(`the model "${model.name}" has no dense layer`);
  return dense;
}

/**
 * Gives a model a second output of shape [n, 1], from the same forward pass: how far an image is above
 * (positive) or below the threshold, in units of `spread`. It consists of standard layers, so that any
 * TensorFlow.js program loads the model.
 *
 * @returns a model with weights of its own; the caller disposes both
 */
export async function withOutOfDomain(
  model: tfl.LayersModel,
  { statistics, threshold, spread }: OutOfDomain,
): Promise<tfl.LayersModel> {
  const { width, mean, variance } = statistics;
  const { kernel, bias } = asLayer(statistics);
  const labelCount = bias.length;
  const { layers } = tfl;
  // Nearly 0, because the statistics have a floor under every variance.
  const epsilon = 1e-12;
  const standard = layers.batchNormalization({ name: 'standard', center: false, scale: false, epsilon });
  // TensorFlow.js 4.22 disposes a tensor too soon that a layer gets twice, hence a copy with another name.
  const copy = layers.activation({ name: 'standard_again', activation: 'linear' });
  const squares = layers.multiply({ name: 'squares' });
  const both = layers.concatenate({ name: 'standard_and_squares' });
  const nearness = layers.dense({ name: 'nearness', units: labelCount });
  const list = layers.reshape({ name: 'nearness_list', targetShape: [labelCount, 1] });
  const nearest = layers.globalMaxPooling1d({ name: 'nearest' });
  const beyond = layers.dense({ name: 'beyond_threshold', units: 1 });
  const own = [standard, copy, squares, both, nearness, list, nearest, beyond];

  const apply = (layer: tfl.layers.Layer, input: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
    layer.apply(input) as tfl.SymbolicTensor;
  const z = apply(standard, lastDense(model).input as tfl.SymbolicTensor);
  const pairs = apply(both, [z, apply(squares, [z, apply(copy, z)])]);
  const output = apply(beyond, apply(nearest, apply(list, apply(nearness, pairs))));
  tf.tidy(() => {
    standard.setWeights([tf.tensor1d(Float32Array.from(mean)), tf.tensor1d(Float32Array.from(variance))]);
    nearness.setWeights([tf.tensor2d(kernel, [2 * width, labelCount]), tf.tensor1d(bias)]);
    beyond.setWeights([tf.tensor2d([[-1 / spread]]), tf.tensor1d([-threshold / spread])]);
  });
  const shared = tfl.model({ name: model.name, inputs: model.inputs, outputs: [...model.outputs, output] });
  try {
    return await copyModel(shared);
  } finally {
    for (const layer of own) layer.dispose();
  }
}
