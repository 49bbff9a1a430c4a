import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { ProblemError } from '#core/problem.ts';
import type { ServeMetrics } from './metrics.ts';
import type { Predictor, RequestImage } from './predictor.ts';
import { createQueue } from './queue.ts';

/**
 * About 100 single images, or one full list of instances: more than a minute's work is refused, not queued.
 */
const QUEUE_LIMIT = 100;

/** A predictor with its queue. */
export interface Model {
  predictor: Predictor;
  /** @throws ProblemError 429 while no other image may wait */
  refuseWhenFull(): void;
  /**
   * Predicts images in their order, each in its turn.
   *
   * @param name what an error about the image at an index begins with; nothing for a single image
   * @param signal aborts when the caller has gone
   * @throws ProblemError 400 for an image that cannot be decoded, 429 when too many wait
   * @throws CallerGoneError
   */
  predictAll(
    images: readonly RequestImage[],
    name: (index: number) => string,
    signal: AbortSignal,
  ): Promise<PredictionResponse[]>;
}

export function createModel(predictor: Predictor, metrics: ServeMetrics): Model {
  const { inTurn, refuseWhenFull } = createQueue({ atOnce: predictor.atOnce, limit: QUEUE_LIMIT });

  async function predictOne(image: RequestImage, signal: AbortSignal): Promise<PredictionResponse> {
    const waited = metrics.waits();
    try {
      return await inTurn(() => {
        waited();
        return predictor.predict(image);
      }, signal);
    } finally {
      waited();
    }
  }

  return {
    predictor,
    refuseWhenFull,
    async predictAll(images, name, signal) {
      const predictions: PredictionResponse[] = [];
      // As many of a list at once as make one batch: a list must not take every thread.
      const { batchSize } = predictor;
      for (let from = 0; from < images.length; from += batchSize) {
        const part = images.slice(from, from + batchSize);
        const asked = part.map((image, at) =>
          predictOne(image, signal).catch((error: unknown) => {
            throw named(error, name(from + at));
          }),
        );
        predictions.push(...(await allOf(asked)));
      }
      return predictions;
    },
  };
}

/** Waits for all of them, also when one fails: no prediction goes on after its answer. */
async function allOf<T>(asked: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}

/** Puts the place of an image in its list before the reason why it is refused. */
function named(error: unknown, name: string): unknown {
  if (name === '' || !(error instanceof ProblemError) || error.status !== 400) return error;
  return new ProblemError(400, `${name}: ${error.message}`, { headers: error.headers });
}
