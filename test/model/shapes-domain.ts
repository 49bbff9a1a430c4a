import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import { type DataSet, loadDataSet } from '#model/data/data-set.ts';
import { prepare } from '#model/data/prepare.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { networkInput, trainingInput } from '#model/network/input.ts';
import { makeImageFolder } from '../fixtures/images.ts';

export const input = networkInput(16);
export const labels = ['red discs', 'green squares', 'blue crosses'];
export const recipe: Recipe = recipeSchema.parse({ augmentation: 4, epochs: 10 });

/** A small domain that is easy to learn, and a general model with random weights. */
export interface ShapesDomain {
  folder: string;
  train: DataSet;
  test: DataSet;
  general: tfl.LayersModel;
  /** What a model says about the test images. */
  probabilities(model: tfl.LayersModel): Promise<Float32Array>;
  /** Another data set of the same labels, with so many images of each. */
  load(name: string, perLabel: readonly number[]): Promise<DataSet>;
  remove(): Promise<void>;
}

export async function createShapesDomain(): Promise<ShapesDomain> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-shapes-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 5, seed: 1 });
  await makeImageFolder(join(folder, 'test'), { labels, perLabel: 8, seed: 2 });
  const train = await loadDataSet(join(folder, 'train'), input, { labels });
  const test = await loadDataSet(join(folder, 'test'), input, { labels });
  const general = buildNetwork({ input, labelCount: 7, filters: [8, 16], seed: 3 });
  const pixels = test.gather(test.classIndices.map((_, image) => image));
  return {
    ...{ folder, train, test, general },
    async probabilities(model) {
      const x = tf.tensor4d(prepare(pixels, trainingInput(input)), [test.size, 16, 16, 3]);
      const y = model.predictOnBatch(x) as tf.Tensor;
      const values = (await y.data()) as Float32Array;
      tf.dispose([x, y]);
      return values;
    },
    async load(name, perLabel) {
      const root = join(folder, name);
      const most = Math.max(...perLabel);
      const paths = await makeImageFolder(root, { labels, perLabel: most });
      for (const [i, path] of paths.entries()) {
        if (i % most >= perLabel[Math.floor(i / most)]!) await rm(path);
      }
      return loadDataSet(root, input, { labels });
    },
    async remove() {
      general.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A model that gives the same probabilities for every image. */
export function constantModel(shares: number[]): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [16, 16, 3] }),
      tfl.layers.dense({ units: shares.length, activation: 'softmax' }),
    ],
  });
  tf.tidy(() =>
    model.setWeights([tf.zeros([16 * 16 * 3, shares.length]), tf.log(tf.tensor1d(shares)) as tf.Tensor]),
  );
  return model;
}
