import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { InvalidInputError } from '#core/errors.ts';
import { readImageFile } from '#model/data/image.ts';
import { openPool } from '#model/inference/pool.ts';
import type { InferenceTask } from '#model/inference/worker.ts';
import { checkReference } from '#model/onnx/reference.ts';
import { rankLabels } from '#model/prediction/answer.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import { named } from '../../cli/image-error.ts';
import { readModelFolder, verifyFiles } from '../../model-folder/read.ts';

/** What a model says about an image. A general model knows nothing of domains. */
export type Answer = Pick<PredictionResponse, 'predictions' | 'general'> & Partial<PredictionResponse>;

/** A model in a folder that is loaded and checked. */
export interface LocalModel {
  /** @throws InvalidInputError when the image cannot be decoded */
  predict(task: InferenceTask): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Predicts an image with a model in a folder. The image is prepared as in training and in an endpoint.
 *
 * @param image path of an image file
 * @throws GraftError when the image or the model cannot be read, or the model has no classifier
 */
export async function predictLocally(image: string, folder: string): Promise<Answer> {
  const bytes = await named(image, () => readImageFile(image));
  // One image needs no more threads.
  const model = await openLocalModel(folder, 1);
  try {
    return await named(image, () => model.predict({ image: bytes }));
  } finally {
    await model.close();
  }
}

/**
 * Loads a general model with a classifier from `graft train` or `graft import`, or the content of a training
 * job's `model.tar.gz`.
 *
 * @param threads images that are computed at once
 * @throws GraftError when the model cannot be read or has no classifier
 */
export async function openLocalModel(folder: string, threads: number): Promise<LocalModel> {
  if (await isThere(join(folder, 'served-model.json'))) return openServedModel(folder, threads);
  return openGeneralModel(folder, threads);
}

async function openGeneralModel(folder: string, threads: number): Promise<LocalModel> {
  const model = await readModelFolder(folder);
  await verifyFiles(model);
  const { manifest } = model;
  const { input, classifier, features, version, model: name } = manifest;
  if (classifier === undefined) {
    throw new InvalidInputError(
      `The general model ${name} ${version} has no classifier: it knows no labels`,
      {
        hint: 'Ask a domain that was promoted with it (--domain), or import it with the labels of its classifier.',
      },
    );
  }
  const outputs = [classifier.name, ...features.map((each) => each.name)];
  const pool = await openPool({
    ...{ model: join(folder, MODEL_FILE), inputs: [input], outputs },
    threads,
  });
  const infer = async (pixels: Uint8Array) => {
    const [values] = await pool.infer({ image: { pixels } });
    return Object.fromEntries(outputs.map((output, i) => [output, values![i]!]));
  };
  try {
    await checkReference(infer, manifest);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    async predict(task) {
      const [values] = await pool.infer(task);
      return {
        predictions: rankLabels(values![0]!, classifier.labels),
        general: { model: name, version },
      };
    },
    close: () => pool.close(),
  };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
