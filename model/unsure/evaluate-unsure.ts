import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Evaluation, EvaluationRow, Unsure } from '#core/contracts/evaluation.ts';
import { areaUnderRoc } from '#core/statistics.ts';
import type { Images } from '../data/data-set.ts';
import { isUnsure, predictPixels, UNSURE_ABOVE } from '../prediction/predict.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';

const BATCH = 64;

export interface UnsureMeasurement extends Pick<Unsure, 'keep' | 'heldOut'> {
  /** What the model said about the test images. */
  rows: readonly EvaluationRow[];
  /** Images of none of the classes, where there are any. */
  other: Images | undefined;
}

/**
 * How well a model tells images of none of its classes from test images.
 *
 * @throws the signal's reason
 */
export async function evaluateUnsure(
  model: LayersModel,
  { rows, other, ...threshold }: UnsureMeasurement,
  signal?: AbortSignal,
): Promise<NonNullable<Evaluation['unsure']>> {
  const inside = rows.map(({ outOfDomain }) => outOfDomain!);
  const outside = other && (await scoresOf(model, other, signal));
  return {
    ...threshold,
    threshold: UNSURE_ABOVE,
    falseAlarms: shareOfUnsure(inside),
    ...(other &&
      outside && {
        other: {
          images: other.size,
          digest: other.digest,
          auroc: areaUnderRoc(inside, outside),
          caught: shareOfUnsure(outside),
          rows: outside.map((outOfDomain, i) => ({ id: other.ids[i]!, outOfDomain })),
        },
      }),
  };
}

async function scoresOf(model: LayersModel, images: Images, signal?: AbortSignal): Promise<number[]> {
  const scores: number[] = [];
  for (let start = 0; start < images.size; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, images.size - start) }, (_, i) => start + i);
    const { outOfDomain } = await predictPixels(model, images.gather(indices), images.input);
    scores.push(...outOfDomain!);
    await yieldToEventLoop(signal);
  }
  return scores;
}

const shareOfUnsure = (scores: readonly number[]) => scores.filter(isUnsure).length / scores.length;
