import type { PredictionResponse, ServedModel } from '#core/contracts/served-model.ts';
import { ProblemError } from '#core/problem.ts';
import { decodeImage } from '#model/data/image.ts';
import { loadModel } from '#model/network/files.ts';
import { predictPixels } from '#model/prediction/predict.ts';
import { answerOf, readServedModel } from '#model/prediction/served-model.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';

/**
 * Images are decoded one after another, so a slow one delays the others. The slowest allowed ones take 1 s.
 */
const DECODE_SECONDS = 10;

/** A model that is loaded and warm. */
export interface Predictor {
  served: ServedModel;
  backend: string;
  /**
   * @param image bytes of a JPEG, PNG or WebP file
   * @throws ProblemError 400 naming the reason when it cannot be decoded
   */
  predict(image: Uint8Array): Promise<PredictionResponse>;
  /** Frees the model's memory; nothing can be predicted after it. */
  dispose(): void;
}

/**
 * Loads the tfjs model beside `served-model.json` and predicts one blank image: the first prediction compiles
 * kernels and allocates memory, which no client should wait for.
 *
 * @param folder SageMaker's `/opt/ml/model`
 */
export async function loadPredictor(folder: string, preferred?: BackendName): Promise<Predictor> {
  const served = await readServedModel(folder);
  const backend = await useBackend(preferred);
  const model = await loadModel(folder);
  const { height, width, channels } = served.input;
  await predictPixels(model, new Uint8Array(height * width * channels), served.input);

  return {
    served,
    backend: backend.name,
    async predict(image) {
      const pixels = await decode(image, served);
      const answer = answerOf(served, await predictPixels(model, pixels, served.input));
      // JSON has no NaN: the answer would be a 200 with null, which no alarm sees.
      if (!answer.predictions.every(({ probability }) => Number.isFinite(probability))) {
        throw new RangeError('The model predicted something that is no probability');
      }
      return answer;
    },
    dispose: () => model.dispose(),
  };
}

/** An error of the decoder is about the client's bytes, so it is a 400 and never a 5xx. */
async function decode(image: Uint8Array, served: ServedModel): Promise<Uint8Array> {
  try {
    return await decodeImage(image, served.input, DECODE_SECONDS);
  } catch (error) {
    throw new ProblemError(400, `The image cannot be decoded: ${(error as Error).message}`);
  }
}
