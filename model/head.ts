import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '#core/random.ts';
import { breathe } from './early-stopping.ts';
import type { Features } from './features.ts';

/** Rows in one gradient step. */
export const HEAD_BATCH = 256;

/** Softmax regression on raw features: `logits = features × kernel + bias`. */
export interface HeadWeights {
  /** width × classes. */
  kernel: Float32Array;
  bias: Float32Array;
}

export interface HeadOptions {
  features: Features;
  /** Class of each row. */
  classes: Int32Array;
  labels: number;
  /** Rows to train on. */
  rows: Int32Array;
  learningRate: number;
  /** Weight of half the squared kernel (on standardised features) in the loss. */
  regularisation: number;
  seed: number;
  /** Gradient steps at the most. */
  steps: number;
  /** Called after each pass over the rows, and after the last step; training ends when it answers true. */
  afterPass?: (step: number, weights: HeadWeights) => boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Trains by Adam from zero. Features are standardised with mean and deviation of the training rows; the result takes raw
 * features, standardisation folded in.
 */
export async function trainHead(options: HeadOptions): Promise<HeadWeights> {
  const { features, classes, labels, rows, steps } = options;
  const scaling = standardisation(features, rows);
  const kernel = tf.tidy(() => tf.variable(tf.zeros([features.width, labels])));
  const bias = tf.tidy(() => tf.variable(tf.zeros([labels])));
  const optimizer = tf.train.adam(options.learningRate);
  const random = createRandom('head', options.seed);
  const order = rows.slice();
  try {
    for (let step = 0; step < steps; ) {
      random.shuffle(order);
      for (let start = 0; start < order.length && step < steps; start += HEAD_BATCH, step++) {
        const batch = order.subarray(start, start + HEAD_BATCH);
        takeStep(batch);
      }
      await breathe(options.signal);
      if (options.afterPass?.(step, folded())) break;
    }
    return folded();
  } finally {
    optimizer.dispose();
    kernel.dispose();
    bias.dispose();
  }

  function takeStep(batch: Int32Array) {
    tf.tidy(() => {
      const x = tf.tensor2d(scaledRows(features, batch, scaling), [batch.length, features.width]);
      const y = tf.oneHot(
        tf.tensor1d(
          Int32Array.from(batch, (row) => classes[row]!),
          'int32',
        ),
        labels,
      );
      optimizer.minimize(
        () => {
          const logits = tf.add(tf.matMul(x, kernel as unknown as tf.Tensor2D), bias);
          const penalty = tf.mul(tf.sum(tf.square(kernel)), options.regularisation / 2);
          return tf.add(tf.losses.softmaxCrossEntropy(y, logits), penalty) as tf.Scalar;
        },
        false,
        [kernel, bias],
      );
    });
  }

  /** `(f − mean) / deviation × K + b` as `f × K' + b'`. */
  function folded(): HeadWeights {
    const result = { kernel: new Float32Array(kernel.dataSync()), bias: new Float32Array(bias.dataSync()) };
    for (let i = 0; i < features.width; i++) {
      for (let label = 0; label < labels; label++) {
        const weight = result.kernel[i * labels + label]! * scaling.inverse[i]!;
        result.kernel[i * labels + label] = weight;
        result.bias[label]! -= scaling.mean[i]! * weight;
      }
    }
    return result;
  }
}

/**
 * Accuracy and mean cross-entropy of a head on some rows.
 *
 * @returns accuracy in [0, 1], loss in nats
 */
export function scoreHead(
  weights: HeadWeights,
  features: Features,
  classes: Int32Array,
  rows: Int32Array,
): { accuracy: number; loss: number } {
  const labels = weights.bias.length;
  const logits: Float32Array = tf.tidy(() => {
    const x = tf.tensor2d(scaledRows(features, rows), [rows.length, features.width]);
    return tf
      .add(tf.matMul(x, tf.tensor2d(weights.kernel, [features.width, labels])), tf.tensor1d(weights.bias))
      .dataSync<'float32'>();
  });
  let right = 0;
  let loss = 0;
  for (let i = 0; i < rows.length; i++) {
    const own = logits.subarray(i * labels, (i + 1) * labels);
    const truth = own[classes[rows[i]!]!]!;
    const highest = Math.max(...own);
    if (truth === highest) right++;
    loss += highest + Math.log(own.reduce((sum, value) => sum + Math.exp(value - highest), 0)) - truth;
  }
  return { accuracy: right / rows.length, loss: loss / rows.length };
}

type Scaling = { mean: Float64Array; inverse: Float64Array };

/** Mean and inverse deviation of each feature over the rows. */
function standardisation({ values, width }: Features, rows: Int32Array): Scaling {
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += values[row * width + i]! / rows.length;
  for (const row of rows) {
    for (let i = 0; i < width; i++) variance[i]! += (values[row * width + i]! - mean[i]!) ** 2 / rows.length;
  }
  // A feature that hardly ever fires must not shout when it does on an unseen image: a floor of 1 % of the mean variance.
  const floor = 0.01 * (variance.reduce((sum, value) => sum + value, 0) / width) + 1e-12;
  return { mean, inverse: variance.map((value) => 1 / Math.sqrt(value + floor)) };
}

function scaledRows({ values, width }: Features, rows: Int32Array, scaling?: Scaling): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    const from = rows[r]! * width;
    if (!scaling) out.set(values.subarray(from, from + width), r * width);
    else {
      for (let i = 0; i < width; i++) {
        out[r * width + i] = (values[from + i]! - scaling.mean[i]!) * scaling.inverse[i]!;
      }
    }
  }
  return out;
}
