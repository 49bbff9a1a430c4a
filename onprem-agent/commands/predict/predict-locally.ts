import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { IntegrityError, InvalidInputError } from '#core/errors.ts';
import { decodeImage } from '#model/data/image.ts';
import { checkReference, onSession } from '#model/onnx/reference.ts';
import { openSession, type Session } from '#model/onnx/session.ts';
import { rankLabels } from '#model/prediction/answer.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import { named } from '../../cli/image-error.ts';
import { readModelFolder, verifyFiles } from '../../model-folder/read.ts';

type Answer = Pick<PredictionResponse, 'predictions' | 'general'> & Partial<PredictionResponse>;

/**
 * Predicts an image with a model in a folder: a general model from `graft train` or `graft import`, or the
 * content of a training job's `model.tar.gz`. The model's answers about the synthetic images are compared
 * first, as in every other place.
 *
 * @param image path of a JPEG, PNG or WebP file
 * @throws GraftError when the image or the model cannot be read, or the model has no labels
 */
export async function predictLocally(image: string, folder: string): Promise<Answer> {
  const isServed = await isThere(join(folder, 'served-model.json'));
  return isServed ? askDomainModel(image, folder) : askGeneralModel(image, folder);
}

async function askDomainModel(image: string, folder: string): Promise<Answer> {
  const model = await openServedModel(folder, 1);
  try {
    return await named(image, () => model.predict({ image }));
  } finally {
    await model.close();
  }
}

async function askGeneralModel(image: string, folder: string): Promise<Answer> {
  const model = await readModelFolder(folder);
  const { input, classifier, version, model: name } = model.manifest;
  if (classifier === undefined) {
    throw new InvalidInputError(`The general model ${name} ${version} has features only, and no labels`, {
      hint: 'Import it again with --labels, or push it and ask the model of a domain with --domain.',
    });
  }
  await verifyFiles(model);
  const pixels = await named(image, () => decodeImage(image, input));
  const session = await open(join(folder, MODEL_FILE));
  try {
    const infer = onSession(session, input);
    await checkReference(infer, model.manifest);
    const outputs = await infer(pixels);
    return {
      predictions: rankLabels(outputs[classifier.name] ?? [], classifier.labels),
      general: { model: name, version },
    };
  } finally {
    await session.close();
  }
}

function open(path: string): Promise<Session> {
  return openSession(path).catch((cause: unknown) => {
    throw new IntegrityError(`${path} cannot be loaded: ${(cause as Error).message}`, {
      cause,
      hint: 'Train or import the model again with this version of graft.',
    });
  });
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
