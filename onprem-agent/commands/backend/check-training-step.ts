import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '#core/random.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { gpuNames } from '#model/tensorflow/gpu.ts';
import { registerKernels } from '#model/tensorflow/kernels/register.ts';
import { loadInstallation } from '#model/tensorflow/load.ts';
import { createOptimiser } from '#model/training/optimisers/create-optimiser.ts';
import { computeGradients, disposeGradients, trainableVariables } from '#model/training/step.ts';

/** What `verify.mjs` prints. */
export interface TrainingStepCheck {
  /** Of TensorFlow. */
  version: string;
  gpu?: string;
  /** Loss before the step: on WebAssembly, natively. */
  losses: [number, number];
  /**
   * Length of the difference between the native and the WebAssembly vector, as a share of the latter: of the
   * gradients, of the updated weights.
   */
  gradientDifference: number;
  weightDifference: number;
}

const INPUT = { height: 32, width: 32, channels: 3 } as const;
const CLASSES = 10;
const BATCH = 32;
const LEARNING_RATE = 0.002;

/**
 * One training step of a network like the general model's, on the WebAssembly backend and on the native one
 * in that folder: the same weights, the same batch.
 */
export async function checkTrainingStep(folder: string): Promise<TrainingStepCheck> {
  await useBackend('wasm');
  const expected = trainingStep();
  const { version, onGpu } = loadInstallation(folder);
  await tf.setBackend('tensorflow');
  await registerKernels('tensorflow');
  const actual = trainingStep();
  return {
    version,
    ...(onGpu ? { gpu: gpuNames().join(', ') || 'GPU' } : {}),
    losses: [expected.loss, actual.loss],
    gradientDifference: distance(actual.gradients, expected.gradients),
    weightDifference: distance(actual.weights, expected.weights),
  };
}

function trainingStep() {
  const model = buildNetwork({ input: INPUT, labelCount: CLASSES, filters: [16, 32], seed: 1 });
  const random = createRandom('check of a backend');
  const pixels = Float32Array.from(
    { length: BATCH * INPUT.height * INPUT.width * INPUT.channels },
    () => random.below(256) / 127.5 - 1,
  );
  const images = tf.tensor4d(pixels, [BATCH, INPUT.height, INPUT.width, INPUT.channels]);
  const classIndices = tf.tensor1d(
    Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    'int32',
  );
  const variables = trainableVariables(model);
  const weights = flatten(variables);
  const result = computeGradients(model, images, { classIndices });
  const gradients = flatten(result.gradients);
  const loss = result.loss.dataSync()[0]!;
  const layout = [{ name: 'all', size: weights.length }];
  const optimiser = createOptimiser({ name: 'adam' }, layout, weights);
  optimiser.apply(weights, gradients, { step: 0, learningRate: LEARNING_RATE });
  disposeGradients(result);
  tf.dispose([images, classIndices]);
  model.dispose();
  return { loss, gradients, weights };
}

function flatten(tensors: readonly tf.Tensor[]): Float32Array {
  const flat = new Float32Array(tensors.reduce((size, tensor) => size + tensor.size, 0));
  let at = 0;
  for (const tensor of tensors) {
    flat.set(tensor.dataSync(), at);
    at += tensor.size;
  }
  return flat;
}

function distance(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let length = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    length += expected[i]! ** 2;
  }
  return Math.sqrt(difference / length);
}
