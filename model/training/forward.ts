import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { convolveAndPool } from '../network/convolve-and-pool.ts';

/** Batch normalisation and ReLU of a map, [n, height, width, channels]. */
export type Normalise = (map: tf.Tensor4D, layer: tfl.layers.Layer) => tf.Tensor4D;

/**
 * The logits of a network of `buildNetwork`, shape [n, labelCount]: its output before the softmax.
 *
 * @param x normalised images, shape [n, height, width, 3]
 * @param normalise what a batch normalisation does, which differs between training and use
 */
export function forward(model: tfl.LayersModel, x: tf.Tensor4D, normalise: Normalise): tf.Tensor2D {
  let value: tf.Tensor = x;
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    switch (layer.getClassName()) {
      case 'InputLayer':
      case 'MaxPooling2D': // done by `convolveAndPool`
      case 'ReLU': // done by `normalise`
        break;
      case 'Conv2D':
        value = convolveAndPool(value as tf.Tensor4D, weights[0] as tf.Tensor4D, value === x);
        break;
      case 'BatchNormalization':
        value = normalise(value as tf.Tensor4D, layer);
        break;
      case 'Flatten':
        value = tf.reshape(value, [value.shape[0]!, -1]);
        break;
      case 'Dense':
        value = tf.add(tf.matMul(value as tf.Tensor2D, weights[0] as tf.Tensor2D), weights[1]!);
        break;
      default:
        throw new InvalidInputError(
          `Training does not know the layer "${layer.name}" (${layer.getClassName()})`,
          {
            hint: 'Only networks that Graft has built itself can be trained.',
          },
        );
    }
  }
  return value as tf.Tensor2D;
}

/** Of a batch normalisation: what is added to the variance. */
export const epsilonOf = (layer: tfl.layers.Layer): number => layer.getConfig().epsilon as number;
