import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { buildNetwork } from '#model/network/build-network.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { computeGradients, disposeGradients, trainableVariables } from '#model/training/step.ts';
import { computeOn, describeOnFastBackends, expectClose, random } from '../tensorflow/kernels/backends.ts';

const IMAGES = 12;
const CLASSES = 5;
const LABELS = Int32Array.from({ length: IMAGES }, (_, i) => (i * 3) % CLASSES);

type Network = ReturnType<typeof buildNetwork>;

/** What `compute` makes of the same network and batch on a backend. */
async function on(backend: BackendName, compute: (model: Network, x: tf.Tensor4D) => tf.Tensor[]) {
  await useBackend(backend);
  const model = buildNetwork({
    input: { height: 16, width: 16 },
    labelCount: CLASSES,
    filters: [8, 16, 12],
    seed: 1,
  });
  const values = await computeOn(backend, () => compute(model, random<tf.Rank.R4>([IMAGES, 16, 16, 3], 2)));
  model.dispose();
  return values;
}

/** Loss, gradients and number of right answers as Graft computes them. */
function ours(model: Network, x: tf.Tensor4D): tf.Tensor[] {
  const result = computeGradients(model, x, tf.tensor1d(LABELS, 'int32'));
  const copies = [result.loss, ...result.gradients, result.correct].map((tensor) => tf.clone(tensor));
  disposeGradients(result);
  return copies;
}

/** The same from the layers themselves and the gradients that TensorFlow.js derives. */
function derived(model: Network, x: tf.Tensor4D): tf.Tensor[] {
  const variables = trainableVariables(model);
  const truth = tf.oneHot(tf.tensor1d(LABELS, 'int32'), CLASSES);
  const forward = () => model.apply(x, { training: true }) as tf.Tensor2D;
  const { value, grads } = tf.variableGrads(
    () => tf.neg(tf.mean(tf.sum(tf.mul(truth, tf.log(forward())), 1))) as tf.Scalar,
    variables,
  );
  const correct = tf.sum(tf.cast(tf.equal(tf.argMax(forward(), 1), LABELS), 'int32'));
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
});
