import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { buildNetwork, type NetworkOptions } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { computeGradients, disposeGradients, trainableVariables } from '#model/training/step.ts';
import { computeOn, describeOnFastBackends, expectClose, random } from '../tensorflow/kernels/backends.ts';

const IMAGES = 12;
const CLASSES = 5;
const LABELS = Int32Array.from({ length: IMAGES }, (_, i) => (i * 3) % CLASSES);

type Network = ReturnType<typeof buildNetwork>;

type Options = Omit<NetworkOptions, 'labelCount' | 'seed'>;

const compact: Options = { input: { height: 16, width: 16 }, filters: [8, 16, 12] };

/** Of 32 pixels without, and of 65 with a halving at the start; as narrow as they can be. */
const others: [string, Options, images: number][] = [
  ['resnet-18', { name: 'resnet-18', width: 0.125, input: { height: 32, width: 32 } }, 3],
  ['resnet-18', { name: 'resnet-18', width: 0.125, input: { height: 65, width: 65 } }, 4],
  ['resnet-50', { name: 'resnet-50', width: 0.125, input: { height: 65, width: 65 } }, 4],
  ['mobilenet-v2', { name: 'mobilenet-v2', width: 0.1, input: { height: 32, width: 32 } }, 3],
  ['mobilenet-v2', { name: 'mobilenet-v2', width: 0.1, input: { height: 66, width: 66 } }, 4],
];

/** What `compute` makes of the same network and batch on a backend. */
async function on(
  backend: BackendName,
  compute: (model: Network, x: tf.Tensor4D) => tf.Tensor[],
  options: Options = compact,
  images = IMAGES,
) {
  await useBackend(backend);
  const model = buildNetwork({ labelCount: CLASSES, seed: 1, ...options });
  const { height, width } = options.input;
  const x = () => random<tf.Rank.R4>([images, height, width, 3], 2);
  const values = await computeOn(backend, () => compute(model, x()));
  model.dispose();
  return values;
}

const labelsOf = (x: tf.Tensor4D) => LABELS.subarray(0, x.shape[0]);

/** Loss, gradients and number of right answers as Graft computes them. */
function ours(model: Network, x: tf.Tensor4D): tf.Tensor[] {
  const result = computeGradients(model, x, { classIndices: tf.tensor1d(labelsOf(x), 'int32') });
  const copies = [result.loss, ...result.gradients, result.correct].map((tensor) => tf.clone(tensor));
  disposeGradients(result);
  return copies;
}

/** The same from the layers themselves and the gradients that TensorFlow.js derives. */
function derived(model: Network, x: tf.Tensor4D): tf.Tensor[] {
  const variables = trainableVariables(model);
  const truth = tf.oneHot(tf.tensor1d(labelsOf(x), 'int32'), CLASSES);
  const forward = () => model.apply(x, { training: true }) as tf.Tensor2D;
  const { value, grads } = tf.variableGrads(
    () => tf.neg(tf.mean(tf.sum(tf.mul(truth, tf.log(forward())), 1))) as tf.Scalar,
    variables,
  );
  const correct = tf.sum(tf.cast(tf.equal(tf.argMax(forward(), 1), labelsOf(x)), 'int32'));
  return [value, ...variables.map(({ name }) => grads[name]!), correct];
}

describeOnFastBackends('a training step', (backend) => {
  it('gives the loss and the gradients that TensorFlow.js derives in plain JavaScript', async () => {
    const expected = await on('cpu', derived);
    const actual = await on(backend, ours);
    expect(actual).toHaveLength(expected.length);
    // Rounding adds up over three blocks.
    for (const [i, values] of actual.entries()) expectClose(values, expected[i]!, 1e-4);
    expect(actual.at(-1)).toEqual(expected.at(-1));
  });

  // The kernels have tests of their own, so both sides may compute on the backend: plain JavaScript takes
  // minutes.
  it.each(others)('gives them for %s, too: %o', async (_, options, images) => {
    const expected = await on(backend, derived, options, images);
    const actual = await on(backend, ours, options, images);
    expect(actual).toHaveLength(expected.length);
    const largest = Math.max(...expected.map(lengthOf));
    for (const [i, values] of actual.entries()) {
      // A ReLU whose input is 0 but for rounding may pass its gradient on or not. A bias before a batch
      // normalisation has no effect: its gradient is rounding alone.
      const difference = lengthOf(values.map((value, k) => value - expected[i]![k]!));
      expect(difference).toBeLessThan(0.1 * lengthOf(expected[i]!) + 1e-5 * largest);
    }
  });
});

const lengthOf = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
