import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { breathe } from '../training/hooks.ts';
import type { FeatureRows } from './feature-rows.ts';

const BATCH = 64;

/** The upper part of a model: from the output of a layer to its logits. */
export interface Top {
  /** Shape of one row of its input. */
  shape: number[];
  layers: tfl.layers.Layer[];
}

/**
 * Splits a chain of layers below its topmost blocks (a convolution and what follows it), where its inputs can be cached: what lies below
 * stays frozen.
 *
 * @param features name of the layer whose output the head takes
 * @throws InvalidInputError when there are no so many blocks above the first layer
 */
export function layerBelowTop(general: tfl.LayersModel, features: string, blocks: number): string {
  const upTo = general.layers.findIndex(({ name }) => name === features);
  const starts = [...general.layers.keys()].filter((index) => {
    return index <= upTo && general.layers[index]!.getClassName() === 'Conv2D';
  });
  const start = starts.at(-blocks) ?? 0;
  if (start > 1 || (start === 1 && general.layers[0]!.getClassName() !== 'InputLayer')) {
    return general.layers[start - 1]!.name;
  }
  throw new InvalidInputError(
    `${blocks} blocks cannot be unfrozen: "${features}" has ${starts.length} below it`,
    {
      hint: `Set recipe.unfreeze.blocks to ${Math.max(0, starts.length - 1)} or less.`,
    },
  );
}

/** The layers of an assembled model behind the given one, the head's included. */
export function topOf(model: tfl.LayersModel, below: string): Top {
  const at = model.layers.findIndex(({ name }) => name === below);
  const shape = (model.layers[at]!.output as tfl.SymbolicTensor).shape.slice(1) as number[];
  return { shape, layers: model.layers.slice(at + 1) };
}

/**
 * Logits of rows that are inputs to the top. Batch normalisation uses its running statistics, which stay as they are.
 *
 * @param x shape [n, ...top.shape]
 * @returns shape [n, labels]
 */
export function logitsOfTop(top: Top, x: tf.Tensor): tf.Tensor2D {
  let value = x;
  for (const layer of top.layers.slice(0, -1)) value = layer.apply(value, { training: false }) as tf.Tensor;
  const [kernel, bias] = top.layers.at(-1)!.getWeights();
  return tf.add(tf.matMul(value as tf.Tensor2D, kernel as tf.Tensor2D), bias!);
}

export interface TopTask {
  top: Top;
  /** Cached inputs to the top. */
  inputs: FeatureRows;
  classes: Int32Array;
  labels: number;
  classWeights: Float64Array;
  /** Rows to learn from. */
  rows: Int32Array;
  learningRate: number;
  epochs: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

/** Trains the weights of the top in place (Adam), head and convolutions together, batch-normalisation statistics frozen. */
export async function trainTop(task: TopTask, afterEpoch: (epoch: number) => Promise<void>): Promise<void> {
  const { top, rows, signal } = task;
  const variables = top.layers.flatMap((layer) => {
    return layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  });
  const optimizer = tf.train.adam(task.learningRate);
  const random = createRandom('unfreeze', task.seed);
  const order = rows.slice();
  try {
    for (let epoch = 1; epoch <= task.epochs; epoch++) {
      random.shuffle(order);
      for (let from = 0; from < order.length; from += BATCH) {
        takeStep(task, optimizer, variables, order.subarray(from, from + BATCH));
        await breathe(signal);
      }
      await afterEpoch(epoch);
    }
  } finally {
    optimizer.dispose();
  }
}

function takeStep(task: TopTask, optimizer: tf.Optimizer, variables: tf.Variable[], batch: Int32Array) {
  tf.tidy(() => {
    const x = rowsAsTensor(task, batch);
    const classes = Array.from(batch, (row) => task.classes[row]!);
    const truth = tf.oneHot(tf.tensor1d(classes, 'int32'), task.labels);
    const weights = tf.tensor1d(classes.map((label) => task.classWeights[label]!));
    optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(truth, logitsOfTop(task.top, x), weights) as tf.Scalar,
      false,
      variables,
    );
  });
}

/** @returns rows × labels values */
export async function logitsOfRows(
  task: Pick<TopTask, 'top' | 'inputs' | 'labels' | 'signal'>,
  rows: Int32Array,
): Promise<Float32Array> {
  const logits = new Float32Array(rows.length * task.labels);
  for (let from = 0; from < rows.length; from += BATCH) {
    const part = tf.tidy(() => logitsOfTop(task.top, rowsAsTensor(task, rows.subarray(from, from + BATCH))));
    logits.set((await part.data()) as Float32Array, from * task.labels);
    part.dispose();
    await breathe(task.signal);
  }
  return logits;
}

function rowsAsTensor({ top, inputs }: Pick<TopTask, 'top' | 'inputs'>, rows: Int32Array): tf.Tensor {
  const values = new Float32Array(rows.length * inputs.width);
  for (const [i, row] of rows.entries()) values.set(inputs.read(row, row + 1), i * inputs.width);
  return tf.tensor(values, [rows.length, ...top.shape]);
}
