import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { decodeImage } from '#model/data/image.ts';
import { loadModel } from '#model/network/files.ts';
import { type Outputs, predictPixels, rankLabels } from '#model/prediction/predict.ts';
import { answerOf, readServedModel } from '#model/prediction/served-model.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { named } from '../../cli/image-error.ts';
import { readModelFolder, verifyFiles } from '../../model-folder/read.ts';

type Answer = Pick<PredictionResponse, 'predictions' | 'general'> & Partial<PredictionResponse>;

/**
 * Predicts an image with a model in a folder: a general model from `graft train`, or the content of a
 * training job's `model.tar.gz`.
 *
 * @param image path of a JPEG, PNG or WebP file
 * @throws GraftError when the image or the model cannot be read
 */
export async function predictLocally(image: string, folder: string): Promise<Answer> {
  const { input, answer } = (await isThere(join(folder, 'served-model.json')))
    ? await domainModel(folder)
    : await generalModel(folder);
  const pixels = await named(image, () => decodeImage(image, input));
  await useBackend();
  const network = await loadModel(folder);
  const outputs = await predictPixels(network, pixels, input);
  network.dispose();
  return answer(outputs);
}

async function generalModel(folder: string) {
  const model = await readModelFolder(folder);
  await verifyFiles(model);
  const { input, labels, version, model: name } = model.manifest;
  const answer = ({ probabilities }: Outputs): Answer => ({
    predictions: rankLabels(probabilities, labels),
    general: { model: name, version },
  });
  return { input, answer };
}

async function domainModel(folder: string) {
  const served = await readServedModel(folder);
  return { input: served.input, answer: (outputs: Outputs): Answer => answerOf(served, outputs) };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
