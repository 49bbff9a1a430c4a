import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Evaluation, EvaluationRow } from '#core/contracts/evaluation.ts';
import { wilsonInterval } from '#core/statistics.ts';
import type { DataSet } from '../data/data-set.ts';
import { predictPixels } from '../prediction/predict.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';

const BATCH = 64;

export type Measured = Pick<Evaluation, 'accuracy' | 'interval' | 'recall' | 'confusion' | 'rows'>;

export interface EvaluationHooks {
  /** Gets each image's index and its probabilities, in the order of labels. */
  onProbabilities?: (image: number, probabilities: Float32Array) => void;
  signal?: AbortSignal;
}

/**
 * Runs every image through the model once.
 *
 * @param model normalised pixels → probabilities, in the order of the data set's labels, and optionally how
 *   far each image is from all classes
 * @throws RangeError when the model has another number of outputs than the data set has labels
 */
export async function evaluate(
  model: LayersModel,
  data: DataSet,
  { onProbabilities, signal }: EvaluationHooks = {},
): Promise<Measured> {
  const { labels } = data;
  const outputs = model.outputs[0]!.shape[1];
  if (outputs !== labels.length) throw new RangeError(`${outputs} outputs for ${labels.length} labels`);
  const rows: EvaluationRow[] = [];
  const confusion = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let start = 0; start < data.size; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, data.size - start) }, (_, i) => start + i);
    const pixels = data.gather(indices);
    const { probabilities, outOfDomain } = await predictPixels(model, pixels, data.input);
    for (const [i, image] of indices.entries()) {
      const own = probabilities.subarray(i * labels.length, (i + 1) * labels.length);
      onProbabilities?.(image, own);
      const guess = indexOfMaximum(own);
      const truth = data.classIndices[image]!;
      confusion[truth]![guess]!++;
      rows.push({
        id: data.ids[image]!,
        truth: labels[truth]!,
        prediction: labels[guess]!,
        confidence: Math.min(1, own[guess]!),
        ...(outOfDomain && { outOfDomain: outOfDomain[i]! }),
      });
    }
    await yieldToEventLoop(signal);
  }
  const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
  return {
    accuracy: right / data.size,
    interval: wilsonInterval(right, data.size),
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
