import type { PredictionResponse, ServedModel } from '#core/contracts/served-model.ts';
import { ProblemError } from '#core/problem.ts';
import { decodeImage } from '#model/data/image.ts';
import { openServedModel } from '#model/prediction/served-model.ts';

/** Images that take long to decode delay the others. The slowest allowed ones take 1 s. */
const DECODE_SECONDS = 10;

/** A model that is loaded, checked and warm. */
export interface Predictor {
  served: Pick<ServedModel, 'trainingJob'>;
  /** What computes, with its version. */
  backend: string;
  /** Images that it computes at once. */
  threads: number;
  /** Calls of `predict` that are worth having at once; more of them only take memory. */
  atOnce: number;
  /** Resolves with the reason when a thread dies: nothing can be predicted any more. */
  failure: Promise<Error>;
  /**
   * @param image bytes of a JPEG, PNG or WebP file
   * @throws ProblemError 400 naming the reason when it cannot be decoded
   */
  predict(image: Uint8Array): Promise<PredictionResponse>;
  /** Frees the model's memory; nothing can be predicted after it. */
  close(): Promise<void>;
}

/**
 * Loads the model beside `served-model.json` on so many threads. Images are decoded outside of them, so that
 * a thread that has computed one image finds the next one ready.
 *
 * @param folder SageMaker's `/opt/ml/model`
 * @param threads one for each core when left out
 * @throws GraftError when the model cannot be served
 */
export async function loadPredictor(folder: string, threads?: number): Promise<Predictor> {
  const { served, pool, predict, close } = await openServedModel(folder, threads);
  return {
    served,
    backend: pool.runtime,
    threads: pool.threads,
    // While each thread computes an image, the next one is decoded.
    atOnce: pool.threads + 1,
    failure: pool.failure,
    async predict(image) {
      const pixels = await decodeImage(image, served.input, DECODE_SECONDS).catch(refuse);
      return predict({ image: { pixels } });
    },
    close,
  };
}

/** An error of the decoder is about the client's bytes, so it is a 400 and never a 5xx. */
function refuse(error: unknown): never {
  throw new ProblemError(400, `The image cannot be decoded: ${(error as Error).message}`);
}
