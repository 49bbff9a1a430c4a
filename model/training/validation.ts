import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { BatchSource } from './batch-source.ts';
import { probabilitiesOf } from './validate.ts';

/** A probability of 0 must not make the loss infinite. */
const LEAST_PROBABILITY = 1e-7;

/** One worker's part of the images that a network in training is measured on. */
export interface Validation {
  /** Measured after each multiple of so many steps, and at the end. */
  every: number;
  /** Batches 0…`batches` − 1 of its images, unvaried. */
  open(): BatchSource;
  batches: number;
  input: { height: number; width: number };
  labelCount: number;
}

export interface Validated {
  validationAccuracy: number;
  /** Mean cross-entropy in nats. */
  validationLoss: number;
  /** How often which class (row) was taken for which (column), row by row; only of few classes. */
  confusion?: Float32Array | undefined;
}

/** With more classes the table says little to an eye, and takes long to add up. */
export const MOST_CONFUSION_LABELS = 200;

/**
 * Measures a network on the parts of all workers.
 *
 * @param exchange `values` is the array that workers always exchange, which is overwritten
 */
export async function measureTogether(
  model: LayersModel,
  validation: Validation,
  exchange: { values: Float32Array; allReduce: ((values: Float32Array) => void) | undefined },
): Promise<Validated> {
  const { labelCount } = validation;
  const hasTable = labelCount <= MOST_CONFUSION_LABELS;
  const sums = new Float32Array(3 + (hasTable ? labelCount ** 2 : 0));
  const batches = validation.open();
  for (let n = 0; n < validation.batches; n++) {
    const { values, classIndices } = await batches.take(n);
    const probabilities = await probabilitiesOf(model, values, validation.input);
    addScores(sums, probabilities, classIndices, { labelCount, hasTable });
  }
  await batches.close();
  addUp(sums, exchange);
  const [correct, loss, count] = sums as unknown as [number, number, number];
  return {
    validationAccuracy: correct / count,
    validationLoss: loss / count,
    confusion: hasTable ? sums.slice(3) : undefined,
  };
}

function addScores(
  sums: Float32Array,
  probabilities: Float32Array,
  classIndices: Int32Array,
  { labelCount, hasTable }: { labelCount: number; hasTable: boolean },
) {
  for (const [i, classIndex] of classIndices.entries()) {
    const own = probabilities.subarray(i * labelCount, (i + 1) * labelCount);
    const truth = own[classIndex]!;
    const best = Math.max(...own);
    if (truth === best) sums[0]!++;
    sums[1]! -= Math.log(Math.max(truth, LEAST_PROBABILITY));
    sums[2]!++;
    if (hasTable) sums[3 + classIndex * labelCount + own.indexOf(best)]!++;
  }
}

/** Sums over all workers, in pieces of the array that they exchange. */
function addUp(
  sums: Float32Array,
  { values, allReduce }: { values: Float32Array; allReduce: ((values: Float32Array) => void) | undefined },
) {
  if (allReduce === undefined) return;
  for (let from = 0; from < sums.length; from += values.length) {
    const piece = sums.subarray(from, from + values.length);
    values.fill(0);
    values.set(piece);
    allReduce(values);
    piece.set(values.subarray(0, piece.length));
  }
}
