import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '#model/tensorflow/backend.ts';
import { createOptimiser } from '#model/training/optimisers/create-optimiser.ts';
import type { OptimiserSettings } from '#model/training/optimisers/optimiser.ts';
import { expectClose } from '../../tensorflow/kernels/backends.ts';

const START = [1, -2, 0.5, 3];
const GRADIENTS = [
  [0.1, -4, 0, 1e-3],
  [0.2, 3, 0, -1e-3],
  [-0.3, 0.5, 0.1, 1e-4],
];
const RATES = [0.1, 0.05, 0.2];
const LAYOUT = [
  { name: 'convolution/kernel', size: 1 },
  { name: 'normalisation/gamma', size: 1 },
  { name: 'dense/bias', size: 1 },
  { name: 'depthwise/depthwise_kernel', size: 1 },
];

beforeAll(() => useBackend('cpu'));

/** Parameters after the three steps; `gradients` may depend on the parameters. */
function run(settings: OptimiserSettings, gradients = (step: number, _: Float32Array) => GRADIENTS[step]!) {
  const parameters = Float32Array.from(START);
  const optimiser = createOptimiser(settings, LAYOUT, parameters);
  const path = RATES.map((learningRate, step) => {
    optimiser.apply(parameters, gradients(step, parameters), { step, learningRate });
    return parameters.slice();
  });
  return { parameters, optimiser, path };
}

/** Parameters after the steps of an optimiser of TensorFlow.js. */
function reference(optimiser: tf.Optimizer): Float32Array {
  const variable = tf.variable(tf.tensor1d(START));
  for (const [step, rate] of RATES.entries()) {
    Object.assign(optimiser, { learningRate: rate, c: tf.keep(tf.scalar(-rate)) });
    optimiser.applyGradients([{ name: variable.name, tensor: tf.tensor1d(GRADIENTS[step]!) }]);
  }
  return variable.dataSync() as Float32Array;
}

/** The first and the last parameter belong to kernels. */
const pulled = (decay: number) => (step: number, parameters: Float32Array) =>
  GRADIENTS[step]!.map((gradient, i) => gradient + (i === 0 || i === 3 ? decay : 0) * parameters[i]!);

describe('createOptimiser', () => {
  it('takes the steps of tf.train.adam', () => {
    const { parameters } = run({ name: 'adam' });
    expectClose(parameters, reference(tf.train.adam(0.1)));
    expect(parameters).not.toEqual(Float32Array.from(START));
  });

  it('takes the steps of tf.train.momentum, and of plain descent without momentum', () => {
    expectClose(run({ name: 'sgd', momentum: 0.9 }).parameters, reference(tf.train.momentum(0.1, 0.9)));
    expectClose(run({ name: 'sgd', momentum: 0 }).parameters, reference(tf.train.sgd(0.1)));
  });

  it('adds the weight decay to the gradients of kernels, and of nothing else', () => {
    for (const settings of [{ name: 'adam' }, { name: 'sgd', momentum: 0.9 }] as const) {
      const { parameters } = run({ ...settings, weightDecay: 0.1 });
      expectClose(parameters, run(settings, pulled(0.1)).parameters);
      expect(parameters).not.toEqual(run(settings).parameters);
    }
  });

  it('shrinks the kernels themselves with AdamW, by the learning rate times the decay', () => {
    const plain = run({ name: 'adam' });
    const shrunk = run({ name: 'adamw', weightDecay: 0.1 });
    let [first, last] = [1, 3];
    for (const [step, rate] of RATES.entries()) {
      const before = step === 0 ? START : plain.path[step - 1]!;
      // Adam's own step does not depend on the parameters.
      first = first * (1 - rate * 0.1) + plain.path[step]![0]! - before[0]!;
      last = last * (1 - rate * 0.1) + plain.path[step]![3]! - before[3]!;
    }
    expectClose(shrunk.parameters, [first, plain.parameters[1]!, plain.parameters[2]!, last]);
  });

  it('averages the parameters, at first with a smaller decay', () => {
    const { path, optimiser } = run({ name: 'sgd', momentum: 0, averaging: 0.15 });
    const decays = [0.1, 0.15, 0.15];
    let average = START;
    for (const [step, decay] of decays.entries()) {
      average = average.map((value, i) => decay * value + (1 - decay) * path[step]![i]!);
    }
    expectClose(optimiser.average!, average);
    expect(run({ name: 'sgd', momentum: 0 }).optimiser.average).toBeUndefined();
  });

  it.each<OptimiserSettings>([
    { name: 'adam' },
    { name: 'adamw', weightDecay: 0.1, averaging: 0.9 },
    { name: 'sgd', momentum: 0.9, weightDecay: 0.1, averaging: 0.99 },
  ])('goes on from a saved state as if it had never stopped: %o', (settings) => {
    const whole = run(settings);
    const parameters = Float32Array.from(START);
    const before = createOptimiser(settings, LAYOUT, parameters);
    before.apply(parameters, GRADIENTS[0]!, { step: 0, learningRate: RATES[0]! });
    const saved = Object.fromEntries(
      Object.entries(before.state()).map(([name, values]) => [name, values.slice()]),
    );
    const after = createOptimiser(settings, LAYOUT, parameters);
    after.restore(saved);
    for (const step of [1, 2]) {
      after.apply(parameters, GRADIENTS[step]!, { step, learningRate: RATES[step]! });
    }
    expect(parameters).toEqual(whole.parameters);
    expect(after.state()).toEqual(whole.optimiser.state());
  });
});
