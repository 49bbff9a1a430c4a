import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { convolveAndPool } from '../network/convolve-and-pool.ts';
import { type Activation, rectify } from '../tensorflow/kernels/activation.ts';
import { type Operation, operationsOf } from './operations.ts';

/** Batch normalisation of a map, [n, height, width, channels], and what follows it. */
export type Normalise = (map: tf.Tensor4D, layer: tfl.layers.Layer, activation: Activation) => tf.Tensor4D;

/**
 * The logits of a network of `buildNetwork`, shape [n, labelCount]: its output before the softmax.
 *
 * @param x normalised images, shape [n, height, width, 3]
 * @param normalise what a batch normalisation does, which differs between training and use
 */
export function forward(model: tfl.LayersModel, x: tf.Tensor4D, normalise: Normalise): tf.Tensor2D {
  const values = new Map<string, tf.Tensor>();
  let value: tf.Tensor = x;
  for (const operation of operationsOf(model)) {
    const inputs = operation.inputs.map((name) => values.get(name) ?? x);
    value = compute(operation, inputs as [tf.Tensor4D, ...tf.Tensor4D[]], normalise, x);
    values.set(operation.output, value);
  }
  return value as tf.Tensor2D;
}

function compute(
  { layer, pools, activation }: Operation,
  inputs: [tf.Tensor4D, ...tf.Tensor4D[]],
  normalise: Normalise,
  x: tf.Tensor4D,
): tf.Tensor {
  const [input] = inputs;
  const weights = layer.getWeights();
  const config = layer.getConfig();
  switch (layer.getClassName()) {
    case 'Conv2D': {
      const kernel = weights[0] as tf.Tensor4D;
      if (pools) return convolveAndPool(input, kernel, input === x);
      const { strides, padding } = config as { strides: [number, number]; padding: 'same' | 'valid' };
      const y = tf.conv2d(input, kernel, strides, padding);
      return weights[1] === undefined ? y : tf.add(y, weights[1]);
    }
    case 'DepthwiseConv2D': {
      const { strides, padding } = config as { strides: [number, number]; padding: 'same' | 'valid' };
      return tf.depthwiseConv2d(input, weights[0] as tf.Tensor4D, strides, padding);
    }
    case 'BatchNormalization':
      return normalise(input, layer, activation);
    case 'ReLU':
      return rectify(input);
    case 'Add':
      return tf.add(input, inputs[1]!);
    case 'ZeroPadding2D': {
      const [rows, columns] = config.padding as [[number, number], [number, number]];
      return tf.pad(input, [[0, 0], rows, columns, [0, 0]]);
    }
    case 'MaxPooling2D': {
      const { poolSize, strides } = config as { poolSize: [number, number]; strides: [number, number] };
      return tf.maxPool(input, poolSize, strides, 'valid');
    }
    case 'GlobalAveragePooling2D':
      return tf.mean(input, [1, 2]);
    case 'Flatten':
      return tf.reshape(input, [input.shape[0], -1]);
    case 'Dense':
      return tf.add(tf.matMul(input as tf.Tensor, weights[0] as tf.Tensor2D), weights[1]!);
    default:
      throw new InvalidInputError(
        `Training does not know the layer "${layer.name}" (${layer.getClassName()})`,
        { hint: 'Only networks that Graft has built itself can be trained.' },
      );
  }
}

/** Of a batch normalisation: what is added to the variance. */
export const epsilonOf = (layer: tfl.layers.Layer): number => layer.getConfig().epsilon as number;
