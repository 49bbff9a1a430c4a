import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type PredictionResponse,
  type ServedModel,
  servedModelSchema,
} from '#core/contracts/served-model.ts';
import { NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { type BackendName, useBackend } from '#model/backend.ts';
import { loadModel } from '#model/files.ts';
import { decodeImage } from '#model/image.ts';
import { predictPixels, rankLabels } from '#model/predict.ts';
import { HttpProblem } from './http-problem.ts';

/** A model that is loaded, warm and ready to answer. */
export interface Predictor {
  served: ServedModel;
  backend: string;
  /**
   * @param image bytes of a JPEG, PNG or WebP file
   * @throws HttpProblem 400 naming the reason when it cannot be decoded
   */
  predict(image: Uint8Array): Promise<PredictionResponse>;
  /** Gives the model's memory back; nothing can be predicted after it. */
  dispose(): void;
}

/**
 * Loads the tfjs model beside `served-model.json` and sends one blank image through it: the first prediction compiles kernels
 * and allocates memory, which no client should wait for.
 *
 * @param folder SageMaker's `/opt/ml/model`
 */
export async function loadPredictor(folder: string, preferred?: BackendName): Promise<Predictor> {
  const served = await readServedModel(folder);
  const backend = await useBackend(preferred);
  const model = await loadModel(folder);
  const { height, width, channels } = served.input;
  await predictPixels(model, new Uint8Array(height * width * channels), 1, served.input);

  return {
    served,
    backend: backend.name,
    async predict(image) {
      const pixels = await decode(image, served);
      const { domain, general, labels, trainingJob } = served;
      const predictions = rankLabels(await predictPixels(model, pixels, 1, served.input), labels);
      return { predictions, domain, general, trainingJob };
    },
    dispose: () => model.dispose(),
  };
}

/** @throws NotFoundError, InvalidInputError */
export async function readServedModel(folder: string): Promise<ServedModel> {
  const path = join(folder, 'served-model.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFoundError(`${path} cannot be read`, {
      cause,
      hint: 'Point ModelDataUrl at the model.tar.gz of a training job of this image.',
    });
  });
  return parseJson(servedModelSchema, text, 'served-model.json');
}

/** Whatever stops the decoder is about the client's bytes, so it is never our 5xx. */
async function decode(image: Uint8Array, served: ServedModel): Promise<Uint8Array> {
  try {
    return await decodeImage(image, served.input);
  } catch (error) {
    throw new HttpProblem(400, `The image cannot be decoded: ${(error as Error).message}`);
  }
}
