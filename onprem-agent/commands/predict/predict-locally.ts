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

type Answer = Pick<PredictionResponse, 'predictions' | 'general'> & Partial<PredictionResponse>;

/** One image needs no more. */
const THREADS = 1;

/**
 * Predicts an image with a model in a folder: a general model with a classifier from `graft train` or
 * `graft import`, or the content of a training job's `model.tar.gz`. The image is prepared as in training and
 * in an endpoint.
 *
 * @param image path of a JPEG, PNG or WebP file
 * @throws GraftError when the image or the model cannot be read, or the model has no classifier
 */
export async function predictLocally(image: string, folder: string): Promise<Answer> {
  const bytes = await named(image, () => readImageFile(image));
  const ask = (await isThere(join(folder, 'served-model.json'))) ? askServedModel : askGeneralModel;
  return ask(folder, (infer) => named(image, () => infer({ image: bytes })));
}

/** Asks a model about the image. An error that is about the image names it. */
type Ask = <T>(infer: (task: InferenceTask) => Promise<T>) => Promise<T>;

async function askServedModel(folder: string, ask: Ask): Promise<Answer> {
  const { predict, close } = await openServedModel(folder, THREADS);
  try {
    return await ask(predict);
  } finally {
    await close();
  }
}

async function askGeneralModel(folder: string, ask: Ask): Promise<Answer> {
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
    threads: THREADS,
  });
  try {
    const infer = async (pixels: Uint8Array) => {
      const [values] = await pool.infer({ image: { pixels } });
      return Object.fromEntries(outputs.map((output, i) => [output, values![i]!]));
    };
    await checkReference(infer, manifest);
    const [values] = await ask(pool.infer);
    return {
      predictions: rankLabels(values![0]!, classifier.labels),
      general: { model: name, version },
    };
  } finally {
    await pool.close();
  }
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
