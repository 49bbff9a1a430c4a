import type { PredictionResponse, ServedModel } from '#core/contracts/served-model.ts';
import { ProblemError } from '#core/problem.ts';
import { decodeImage } from '#model/data/image.ts';
import { measureBatchSize } from '#model/inference/batch-size.ts';
import { createBatches } from '#model/inference/batches.ts';
import type { InferencePool } from '#model/inference/pool.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { answerOf } from '#model/prediction/answer.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import { type ServeMetrics, timed } from './metrics.ts';

/** Images that take long to decode delay the others. The slowest allowed ones take 1 s. */
const DECODE_SECONDS = 10;

/** An image in a request: bytes of an image file, or pixels of the network's size. */
export type RequestImage = Uint8Array | { pixels: Uint8Array };

/** A model that is loaded, checked and warm. */
export interface Predictor {
  served: Pick<ServedModel, 'trainingJob' | 'domain' | 'labels' | 'input'>;
  /** What computes, with its version. */
  backend: string;
  /** Batches that it computes at once. */
  threads: number;
  /** Images in a batch, at most. */
  batchSize: number;
  /** Calls of `predict` that are worth having at once; more of them only take memory. */
  atOnce: number;
  /** Resolves with the reason when a thread dies: nothing can be predicted any more. */
  failure: Promise<Error>;
  /** @throws ProblemError 400 naming the reason when an image cannot be decoded */
  predict(image: RequestImage): Promise<PredictionResponse>;
  /** Frees the model's memory; nothing can be predicted after it. */
  close(): Promise<void>;
}

export interface PredictorOptions {
  /** One for each core when left out. */
  threads?: number | undefined;
  /** Images in a batch, at most; measured on this machine when left out. 1 switches batches off. */
  batchSize?: number | undefined;
  metrics?: Pick<ServeMetrics, 'decodeSeconds' | 'inferenceSeconds' | 'batchImages'> | undefined;
}

/**
 * Loads the model beside `served-model.json`. Images are decoded outside of its threads, in those of sharp,
 * so that a thread that has computed one batch finds the next one ready.
 *
 * @param folder SageMaker's `/opt/ml/model`
 * @throws GraftError when the model cannot be served
 */
export async function loadPredictor(folder: string, options: PredictorOptions = {}): Promise<Predictor> {
  const { threads, metrics } = options;
  const { served, pool, close } = await openServedModel(folder, threads);
  const batchSize = options.batchSize ?? (await trialOf(pool, served));
  const infer = createBatches({
    // One more than there are threads, so that a thread that is done has the next image at once. A batch is
    // better filled by what waits.
    atOnce: pool.threads + (batchSize === 1 ? 1 : 0),
    size: batchSize,
    run: async (images: readonly Uint8Array[]) => {
      metrics?.batchImages.observe(images.length);
      const [outputs] = await pool.infer({ image: { pixels: oneAfterAnother(images) } });
      const [probabilities, outOfDomain] = outputs!;
      const count = served.labels.length;
      return images.map((_, at) =>
        answerOf(served, probabilities!.subarray(at * count, (at + 1) * count), outOfDomain![at]!),
      );
    },
  });
  return {
    served,
    backend: pool.runtime,
    threads: pool.threads,
    batchSize,
    // While each thread computes a batch, the next images are decoded.
    atOnce: pool.threads * batchSize + 1,
    failure: pool.failure,
    async predict(image) {
      const decode = () => decodeImage(image as Uint8Array, served.input, DECODE_SECONDS).catch(refuse);
      const pixels =
        'pixels' in image
          ? image.pixels
          : await timed((seconds) => metrics?.decodeSeconds.observe(seconds), decode);
      return timed(
        (seconds) => metrics?.inferenceSeconds.observe(seconds),
        () => infer(pixels),
      );
    },
    close,
  };
}

/** The batch size that pays while all threads compute. */
function trialOf(pool: InferencePool, { input }: Pick<ServedModel, 'input'>): Promise<number> {
  const [image] = referenceImages(input);
  return measureBatchSize({
    run: (size) => {
      const pixels = oneAfterAnother(Array<Uint8Array>(size).fill(image!));
      return Promise.all(Array.from({ length: pool.threads }, () => pool.infer({ image: { pixels } })));
    },
    now: () => performance.now(),
  });
}

function oneAfterAnother(images: readonly Uint8Array[]): Uint8Array {
  return images.length === 1 ? images[0]! : new Uint8Array(Buffer.concat(images));
}

/** An error of the decoder is about the client's bytes, so it is a 400 and never a 5xx. */
function refuse(error: unknown): never {
  throw new ProblemError(400, `The image cannot be decoded: ${(error as Error).message}`);
}
