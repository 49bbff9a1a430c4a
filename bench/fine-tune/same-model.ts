import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { IntegrityError } from '#core/errors.ts';
import type { DataSet } from '#model/data/data-set.ts';
import { toTensor } from '#model/data/tensors.ts';
import { cutBackbone } from '#model/transfer/backbone.ts';
import type { FirstFeatures } from './turns.ts';

/** Of float32 sums in another order, relative to the largest feature. */
const TOLERANCE = 1e-3;

/** What the backbone makes of the data set's first image. */
export function firstFeatures(general: tfl.LayersModel, cutLayer: string, data: DataSet): FirstFeatures {
  const { input, features } = cutBackbone(general, cutLayer);
  const model = tfl.model({ inputs: input, outputs: features });
  const values = tf.tidy(() => [
    ...(model.predict(toTensor(data.gather([0]), data.input)) as tf.Tensor).dataSync(),
  ]);
  return { id: data.ids[0]!, values };
}

/** @throws IntegrityError when the two backbones are not the same model */
export function requireSameFeatures(backend: string, ours: FirstFeatures, theirs: FirstFeatures): void {
  const largest = Math.max(...theirs.values.map(Math.abs));
  const difference = Math.max(
    ...theirs.values.map((value, i) => Math.abs(value - (ours.values[i] ?? Number.NaN))),
  );
  if (
    ours.id === theirs.id &&
    ours.values.length === theirs.values.length &&
    difference <= TOLERANCE * largest
  )
    return;
  throw new IntegrityError(
    `The backbones of ${backend} and Keras differ on ${ours.id}: by ${difference} where the largest feature is ${largest}`,
  );
}
