import { createFeatureBlocks } from './feature-blocks.ts';
import type { FeatureRows } from './feature-rows.ts';
import { addBlockGradient, addPenalty, standardiseGradient } from './head-gradient.ts';
import { sideBySide, unstandardise } from './head-weights.ts';
import type { Measured } from './lbfgs.ts';
import { logitRows } from './logit-rows.ts';
import type { Products } from './products.ts';
import type { Scaling } from './standardise.ts';

/** What several heads are trained on, side by side: the folds of a cross-validation, or a single head. */
export interface HeadTask {
  features: FeatureRows;
  /** Class of each row, 0…labelCount − 1. */
  classIndices: Int32Array;
  labelCount: number;
  /** Number of heads. */
  heads: number;
  /**
   * For each row the head that does not learn from it but is validated on it; −1 where all heads learn from
   * it.
   */
  heldOutBy: Int8Array;
  /** Weight of each class's rows in the loss. */
  classWeights: Float64Array;
  scaling: Scaling;
  products: Products;
}

/** Over all heads: of the rows that each learns from, and of those that it is validated on. */
export interface HeadScores {
  trainingAccuracy: number;
  /** Not a number where no row is held out. */
  validationAccuracy: number;
  /** Mean cross-entropy in nats, classes weighted as in training. */
  validationLoss: number;
}

/** Logits of held-out rows. */
export interface HeldOut {
  /** rows × labelCount values. */
  logits: Float32Array;
  /** Class of each row. */
  classIndices: Int32Array;
}

/** The same, and which of all rows they are, in ascending order. */
export interface HeldOutRows extends HeldOut {
  rows: Int32Array;
}

/**
 * The loss of softmax regression on standardised features as a function of its parameters: the kernel, width
 * × labelCount, then the bias. It is the weighted mean cross-entropy plus half the squared kernel times
 * `regularisation`.
 */
export interface HeadObjective {
  /** A starting point for each head. */
  zeros(): Float64Array[];
  /** Loss, gradient and scores at one point for each head, by one pass over all rows. */
  evaluate(
    points: readonly Float64Array[],
    regularisation: number,
  ): Promise<{ measured: Measured[]; scores: HeadScores }>;
  heldOut(points: readonly Float64Array[]): Promise<HeldOutRows>;
}

export function createHeadObjective(task: HeadTask): HeadObjective {
  const { features, classIndices, labelCount, heads, heldOutBy, classWeights, scaling } = task;
  const { width } = features;
  const columns = heads * labelCount;
  const matrix = createFeatureBlocks(features, task.products);
  const totals = weightOfRows(task);
  const size = (width + 1) * labelCount;

  /** Weights of all heads side by side, for raw features. The kernel has the shape [width, columns]. */
  function rawWeights(points: readonly Float64Array[]): { kernel: Float32Array; bias: Float64Array } {
    const weights = points.map((point) => unstandardise(point, scaling, labelCount));
    return sideBySide(weights, { width, labelCount });
  }

  /** Logits of one block: rows × heads × labelCount values. */
  async function logitsOf(block: number, kernel: Float32Array, bias: Float64Array): Promise<Float32Array> {
    const logits = await matrix.forward(block, kernel);
    for (let at = 0; at < logits.length; at += columns) {
      for (let column = 0; column < columns; column++) logits[at + column]! += bias[column]!;
    }
    return logits;
  }

  /** Adds one block's rows to the sums. @returns the gradient of the losses by the block's logits */
  function addBlock({ from, to }: { from: number; to: number }, logits: Float32Array, sums: Sums) {
    const rows = logitRows(logits, labelCount);
    const gradient = new Float32Array(logits.length);
    for (let row = from, at = 0; row < to; row++) {
      const truth = classIndices[row]!;
      const rowWeight = classWeights[truth]!;
      for (let head = 0; head < heads; head++, at++) {
        const right = rows.isHighest(at, truth) ? 1 : 0;
        if (heldOutBy[row] === head) {
          sums.heldCount++;
          sums.heldRight += right;
          sums.heldWeight += rowWeight;
          sums.heldLoss += rowWeight * rows.crossEntropy(at, truth);
        } else {
          sums.trainingCount++;
          sums.trainingRight += right;
          const weight = rowWeight / totals[head]!;
          sums.losses[head]! += weight * rows.writeGradient(at, truth, weight, gradient);
        }
      }
    }
    return gradient;
  }

  async function evaluate(points: readonly Float64Array[], regularisation: number) {
    const { kernel, bias } = rawWeights(points);
    const gradients = points.map(() => new Float64Array(size));
    const sums = createSums(heads);
    for (const [block, range] of matrix.blocks.entries()) {
      const byLogits = addBlock(range, await logitsOf(block, kernel, bias), sums);
      const product = await matrix.backward(block, byLogits);
      addBlockGradient(gradients, product, byLogits, { width, labelCount });
    }
    const measured = points.map((point, head): Measured => {
      const gradient = gradients[head]!;
      standardiseGradient(gradient, scaling, labelCount);
      const penalty = addPenalty(gradient, point, { weights: width * labelCount, regularisation });
      return { value: sums.losses[head]! + penalty, gradient };
    });
    const scores: HeadScores = {
      trainingAccuracy: sums.trainingRight / sums.trainingCount,
      validationAccuracy: sums.heldRight / sums.heldCount,
      validationLoss: sums.heldLoss / sums.heldWeight,
    };
    return { measured, scores };
  }

  async function heldOut(points: readonly Float64Array[]): Promise<HeldOutRows> {
    const { kernel, bias } = rawWeights(points);
    const rows = Int32Array.from(heldOutBy.keys()).filter((row) => heldOutBy[row]! >= 0);
    const result: HeldOutRows = {
      logits: new Float32Array(rows.length * labelCount),
      classIndices: rows.map((row) => classIndices[row]!),
      rows,
    };
    let at = 0;
    for (const [block, { from, to }] of matrix.blocks.entries()) {
      const logits = await logitsOf(block, kernel, bias);
      for (let row = from; row < to; row++) {
        const head = heldOutBy[row]!;
        if (head < 0) continue;
        const own = (row - from) * columns + head * labelCount;
        result.logits.set(logits.subarray(own, own + labelCount), at);
        at += labelCount;
      }
    }
    return result;
  }

  return {
    zeros: () => Array.from({ length: heads }, () => new Float64Array(size)),
    evaluate,
    heldOut,
  };
}

/** What one pass counts and adds up, over all heads except for `losses`. */
interface Sums {
  /** Of each head. */
  losses: Float64Array;
  trainingCount: number;
  trainingRight: number;
  heldCount: number;
  heldRight: number;
  heldLoss: number;
  heldWeight: number;
}

const createSums = (heads: number): Sums => ({
  losses: new Float64Array(heads),
  ...{ trainingCount: 0, trainingRight: 0, heldCount: 0, heldRight: 0, heldLoss: 0, heldWeight: 0 },
});

/** Sum of the weights of the rows that each head learns from. */
function weightOfRows({ classIndices, heads, heldOutBy, classWeights }: HeadTask): Float64Array {
  const totals = new Float64Array(heads);
  for (const [row, truth] of classIndices.entries()) {
    for (let head = 0; head < heads; head++) {
      if (heldOutBy[row] !== head) totals[head]! += classWeights[truth]!;
    }
  }
  return totals;
}
