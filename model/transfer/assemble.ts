import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { copyModel } from '../network/copy-model.ts';
import type { Backbone } from './backbone.ts';
import type { HeadWeights } from './head-weights.ts';

/** Backbone and head as one model with weights of its own: disposing the general model leaves it intact. */
export async function assemble(
  backbone: Backbone,
  head: HeadWeights,
  labelCount: number,
): Promise<tfl.LayersModel> {
  const dense = tfl.layers.dense({ name: 'head', units: labelCount, activation: 'softmax' });
  const outputs = dense.apply(backbone.features) as tfl.SymbolicTensor;
  tf.tidy(() =>
    dense.setWeights([tf.tensor2d(head.kernel, [backbone.width, labelCount]), tf.tensor1d(head.bias)]),
  );
  const shared = tfl.model({ name: 'graft', inputs: backbone.input, outputs });
  try {
    return await copyModel(shared);
  } finally {
    dense.dispose();
  }
}
