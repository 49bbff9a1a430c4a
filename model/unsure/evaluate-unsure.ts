import type { Evaluation, EvaluationRow, Unsure } from '#core/contracts/evaluation.ts';
import { areaUnderRoc } from '#core/statistics.ts';
import type { LoadedImages } from '../data/data-set.ts';
import { inferImages } from '../inference/infer-images.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { InferenceResult } from '../inference/worker.ts';
import { isUnsure, UNSURE_ABOVE } from '../prediction/answer.ts';

export interface UnsureMeasurement extends Pick<Unsure, 'keep' | 'heldOut'> {
  /** What the model said about the test images. */
  rows: readonly EvaluationRow[];
  /** Images of none of the classes, where there are any. */
  other: Pick<LoadedImages, 'ids' | 'paths' | 'digest' | 'size'> | undefined;
}

/**
 * How well a served model tells images of none of its classes from test images.
 *
 * @throws the signal's reason
 */
export async function evaluateUnsure(
  pool: InferencePool,
  { rows, other, ...threshold }: UnsureMeasurement,
  signal?: AbortSignal,
): Promise<NonNullable<Evaluation['unsure']>> {
  const inside = rows.map(({ outOfDomain }) => outOfDomain!);
  const outside = other && (await scoresOf(pool, other.paths, signal));
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

async function scoresOf(
  pool: InferencePool,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<number[]> {
  const scores: number[] = new Array(paths.length);
  const taskOf = (image: number) => ({ image: paths[image]! });
  const onResult = (image: number, [outputs]: InferenceResult) => {
    scores[image] = outputs![1]![0]!;
  };
  await inferImages(pool, { count: paths.length, taskOf, onResult }, signal);
  return scores;
}

const shareOfUnsure = (scores: readonly number[]) => scores.filter(isUnsure).length / scores.length;
