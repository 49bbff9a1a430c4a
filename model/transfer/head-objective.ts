import * as tf from '@tensorflow/tfjs-core';
import { createFeatureBlocks } from './feature-blocks.ts';
import type { FeatureRows } from './feature-rows.ts';
import type { Measured } from './lbfgs.ts';
import type { MixedRows } from './mixup.ts';
import { crossEntropy, isHighest, type Mixture, mixedCrossEntropy } from './softmax.ts';
import { type Scaling, standardise } from './standardise.ts';

/** Softmax regression on raw features: `logits = features × kernel + bias`. */
export interface HeadWeights {
  /** width × labels. */
  kernel: Float32Array;
  bias: Float32Array;
}

/** What several heads are trained on, side by side: the folds of a cross-validation, or a single head. */
export interface HeadTask {
  features: FeatureRows;
  /** Class of each row. */
  classes: Int32Array;
  labels: number;
  /** Number of heads. */
  heads: number;
  /** For each row the head that does not learn from it but is validated on it; -1 where all learn from it. */
  heldOutBy: Int8Array;
  /** Weight of each class's rows in the loss. */
  classWeights: Float64Array;
  /** Share of the truth that is spread over all classes (Szegedy et al., 2016), 0…1. */
  labelSmoothing: number;
  /** Mixes rows with each other where given. */
  mixed?: MixedRows | undefined;
  /** What may stay in the backend's memory. */
  memoryBytes: number;
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
  /** rows × labels. */
  logits: Float32Array;
  classes: Int32Array;
}

/** The same, and which of all rows they are, in ascending order. */
export interface HeldOutRows extends HeldOut {
  rows: Int32Array;
}

/**
 * The loss of softmax regression on standardised features as a function of its parameters (kernel, width × labels, then bias):
 * weighted mean cross-entropy plus half the squared kernel times `regularisation`. Each head standardises with mean and deviation of the
 * rows it learns from.
 */
export interface HeadObjective {
  /** Number of parameters of a head. */
  readonly size: number;
  /** One point for each head. */
  zeros(): Float64Array[];
  /** One pass over all rows for all heads. */
  evaluate(
    points: readonly Float64Array[],
    regularisation: number,
  ): { measured: Measured[]; scores: HeadScores };
  heldOut(points: readonly Float64Array[]): HeldOutRows;
  /** The head as it takes raw features, standardisation folded in. */
  weights(head: number, point: Float64Array): HeadWeights;
  dispose(): void;
}

export function createHeadObjective(task: HeadTask): HeadObjective {
  const { features, classes, labels, heads, heldOutBy, classWeights, labelSmoothing, mixed } = task;
  const { width } = features;
  const columns = heads * labels;
  const scalings = standardise(features, heldOutBy, heads);
  const matrix = createFeatureBlocks(features, task.memoryBytes);
  const totals = weightOfRows(task);
  const size = width * labels + labels;

  /** Logits of one block: rows × (heads × labels). */
  function logitsOf(block: number, v: tf.Tensor2D, biases: Float64Array): Float32Array {
    const logits = matrix.forward(block, v);
    for (let at = 0; at < logits.length; at += columns) {
      for (let column = 0; column < columns; column++) logits[at + column]! += biases[column]!;
    }
    return logits;
  }

  function rawParameters(points: readonly Float64Array[]): { v: tf.Tensor2D; biases: Float64Array } {
    const kernel = new Float32Array(width * columns);
    const biases = new Float64Array(columns);
    for (let head = 0; head < heads; head++) {
      const raw = unstandardise(points[head]!, scalings[head]!, width, labels);
      for (let i = 0; i < width; i++) {
        for (let label = 0; label < labels; label++) {
          kernel[i * columns + head * labels + label] = raw.kernel[i * labels + label]!;
        }
      }
      biases.set(raw.bias, head * labels);
    }
    return { v: tf.tensor2d(kernel, [width, columns]), biases };
  }

  function evaluate(points: readonly Float64Array[], regularisation: number) {
    const { v, biases } = rawParameters(points);
    const gradients = points.map(() => new Float64Array(size));
    const losses = new Float64Array(heads);
    const tally = { training: 0, trainingRight: 0, held: 0, heldRight: 0, heldLoss: 0, heldWeight: 0 };
    const residual = new Float64Array(labels);
    for (const [block, { from, to }] of matrix.blocks.entries()) {
      const logits = logitsOf(block, v, biases);
      const residuals = new Float32Array(logits.length);
      for (let row = from; row < to; row++) {
        const at = (row - from) * columns;
        const truth = classes[row]!;
        for (let head = 0; head < heads; head++) {
          const own = at + head * labels;
          const right = isHighest(logits, own, labels, truth);
          if (heldOutBy[row] === head) {
            tally.held++;
            if (right) tally.heldRight++;
            tally.heldWeight += classWeights[truth]!;
            tally.heldLoss += classWeights[truth]! * crossEntropy(logits, own, labels, truth);
            continue;
          }
          tally.training++;
          if (right) tally.trainingRight++;
          const partner = mixed ? mixed.partner[row]! : row;
          const share = mixed ? mixed.share[row]! : 1;
          const other = (partner - from) * columns + head * labels;
          const second = classes[partner]!;
          const weight = (share * classWeights[truth]! + (1 - share) * classWeights[second]!) / totals[head]!;
          const mixture: Mixture = { at: [own, other], truth: [truth, second], share };
          losses[head]! += weight * mixedCrossEntropy(logits, mixture, labelSmoothing, residual);
          for (let label = 0; label < labels; label++) {
            residuals[own + label]! += share * weight * residual[label]!;
            if (share < 1) residuals[other + label]! += (1 - share) * weight * residual[label]!;
          }
        }
      }
      const product = matrix.backward(block, residuals);
      addGradients(gradients, product, residuals);
    }
    v.dispose();
    const measured = points.map((point, head) => {
      return penalised(point, losses[head]!, gradients[head]!, head, regularisation);
    });
    const scores: HeadScores = {
      trainingAccuracy: tally.trainingRight / tally.training,
      validationAccuracy: tally.heldRight / tally.held,
      validationLoss: tally.heldLoss / tally.heldWeight,
    };
    return { measured, scores };
  }

  /** Sums of `Xᵀ R` (over blocks) and of R's rows; the scaling follows in `penalised`. */
  function addGradients(gradients: Float64Array[], product: Float32Array, residuals: Float32Array) {
    for (let head = 0; head < heads; head++) {
      const gradient = gradients[head]!;
      for (let i = 0; i < width; i++) {
        for (let label = 0; label < labels; label++) {
          gradient[i * labels + label]! += product[i * columns + head * labels + label]!;
        }
      }
      for (let at = head * labels; at < residuals.length; at += columns) {
        for (let label = 0; label < labels; label++)
          gradient[width * labels + label]! += residuals[at + label]!;
      }
    }
  }

  /** From the gradient by raw features to that by standardised ones, `inverse × (Xᵀ R − mean × ΣR)`, and the penalty to both. */
  function penalised(
    point: Float64Array,
    loss: number,
    gradient: Float64Array,
    head: number,
    strength: number,
  ) {
    const { mean, inverse } = scalings[head]!;
    let squares = 0;
    for (let i = 0; i < width; i++) {
      for (let label = 0; label < labels; label++) {
        const at = i * labels + label;
        const sum = gradient[width * labels + label]!;
        gradient[at] = inverse[i]! * (gradient[at]! - mean[i]! * sum) + strength * point[at]!;
        squares += point[at]! ** 2;
      }
    }
    return { value: loss + (strength / 2) * squares, gradient };
  }

  function heldOut(points: readonly Float64Array[]): HeldOutRows {
    const { v, biases } = rawParameters(points);
    const count = heldOutBy.reduce((sum, head) => sum + (head >= 0 ? 1 : 0), 0);
    const result: HeldOutRows = {
      logits: new Float32Array(count * labels),
      classes: new Int32Array(count),
      rows: new Int32Array(count),
    };
    let at = 0;
    for (const [block, { from, to }] of matrix.blocks.entries()) {
      const logits = logitsOf(block, v, biases);
      for (let row = from; row < to; row++) {
        const head = heldOutBy[row]!;
        if (head < 0) continue;
        const own = (row - from) * columns + head * labels;
        result.logits.set(logits.subarray(own, own + labels), at * labels);
        result.rows[at] = row;
        result.classes[at++] = classes[row]!;
      }
    }
    v.dispose();
    return result;
  }

  return {
    size,
    zeros: () => Array.from({ length: heads }, () => new Float64Array(size)),
    evaluate,
    heldOut,
    weights: (head, point) => unstandardise(point, scalings[head]!, width, labels),
    dispose: matrix.dispose,
  };
}

/** Sum of the weights of the rows that each head learns from. */
function weightOfRows({ classes, heads, heldOutBy, classWeights }: HeadTask): Float64Array {
  const totals = new Float64Array(heads);
  for (let row = 0; row < classes.length; row++) {
    for (let head = 0; head < heads; head++) {
      if (heldOutBy[row] !== head) totals[head]! += classWeights[classes[row]!]!;
    }
  }
  return totals;
}

/** `(f − mean) / deviation × K + b` as `f × K' + b'`. */
function unstandardise(
  point: Float64Array,
  { mean, inverse }: Scaling,
  width: number,
  labels: number,
): HeadWeights {
  const kernel = new Float32Array(width * labels);
  const bias = point.slice(width * labels);
  for (let i = 0; i < width; i++) {
    for (let label = 0; label < labels; label++) {
      const weight = point[i * labels + label]! * inverse[i]!;
      kernel[i * labels + label] = weight;
      bias[label]! -= mean[i]! * weight;
    }
  }
  return { kernel, bias: Float32Array.from(bias) };
}
