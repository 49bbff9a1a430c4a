import type { Evaluation, EvaluationRow } from '#core/contracts/evaluation.ts';
import { wilsonInterval } from '#core/statistics.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import { inferImages } from '../inference/infer-images.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { InferenceResult } from '../inference/worker.ts';

export type Measured = Pick<Evaluation, 'accuracy' | 'interval' | 'recall' | 'confusion' | 'rows'>;

export interface EvaluationHooks {
  /** Gets each image's index and its probabilities, in the order of labels. */
  onProbabilities?: (image: number, probabilities: Float32Array) => void;
  signal?: AbortSignal;
}

/**
 * Runs every image through a served model once.
 *
 * @param pool gives probabilities, in the order of the images' labels, and how far an image is from all
 *   classes
 * @throws RangeError when the model has another number of outputs than there are labels
 */
export async function evaluate(
  pool: InferencePool,
  { paths, ids, classIndices, labels }: LabelledFiles,
  { onProbabilities, signal }: EvaluationHooks = {},
): Promise<Measured> {
  const rows: EvaluationRow[] = new Array(paths.length);
  const confusion = labels.map(() => new Array<number>(labels.length).fill(0));
  const onResult = (image: number, [outputs]: InferenceResult) => {
    const [probabilities, outOfDomain] = outputs!;
    if (probabilities!.length !== labels.length) {
      throw new RangeError(`${probabilities!.length} outputs for ${labels.length} labels`);
    }
    onProbabilities?.(image, probabilities!);
    const guess = indexOfMaximum(probabilities!);
    const truth = classIndices[image]!;
    confusion[truth]![guess]!++;
    rows[image] = {
      id: ids[image]!,
      truth: labels[truth]!,
      prediction: labels[guess]!,
      confidence: Math.min(1, probabilities![guess]!),
      outOfDomain: outOfDomain![0]!,
    };
  };
  const taskOf = (image: number) => ({ image: paths[image]! });
  await inferImages(pool, { count: paths.length, taskOf, onResult }, signal);
  const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
  return {
    accuracy: right / paths.length,
    interval: wilsonInterval(right, paths.length),
    recall: Object.fromEntries(
      labels.map((label, i) => [label, share(confusion[i]![i]!, confusion[i]!)] as const),
    ),
    confusion,
    rows,
  };
}

/** Share of the row's images that were recognised. */
const share = (right: number, row: number[]) => right / row.reduce((sum, count) => sum + count, 0);

function indexOfMaximum(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
