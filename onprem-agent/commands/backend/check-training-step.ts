import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '#model/tensorflow/backend.ts';
import { gpuNames } from '#model/tensorflow/gpu.ts';
import { registerKernels } from '#model/tensorflow/kernels/register.ts';
import { loadInstallation } from '#model/tensorflow/load.ts';
import { filesIn } from '#model/tensorflow/webgpu/find.ts';
import { lookWith, startWebgpu } from '#model/tensorflow/webgpu/start.ts';
import { differencesOf, type KnownTraining, trainKnown } from '#model/training/known-training.ts';

/** What is in a folder of `graft backend install`. */
export type BackendKind = 'tensorflow' | 'webgpu';

/** What `verify.mjs` prints. */
export interface TrainingStepCheck {
  /** Of TensorFlow, or of the package `webgpu`. */
  version: string;
  gpu?: string;
  /** WebGPU found no GPU, but a driver that computes on the processor. */
  isSoftware?: boolean;
  /** Loss before the step: on WebAssembly, natively. */
  losses: [number, number];
  /**
   * Length of the difference between the native and the WebAssembly vector, as a share of the latter: of the
   * gradients, and of the updated weights with the optimiser's state.
   */
  gradientDifference: number;
  weightDifference: number;
}

/** A network like the general model's. */
const STEP: KnownTraining = {
  ...{ network: 'compact', filters: [16, 32], size: 32, batch: 32 },
  ...{ optimiser: { name: 'adam' }, learningRate: 0.002, steps: 1 },
};

/** Where the processor stands in for a GPU, the step above takes minutes. */
const SMALL_STEP: KnownTraining = { ...STEP, filters: [8, 16], size: 16, batch: 4 };

/**
 * One training step on the WebAssembly backend and on the one in that folder: the same weights, the same
 * batch.
 *
 * @throws why the backend does not start, or finds nothing to compute on
 */
export async function checkTrainingStep(folder: string, kind: BackendKind): Promise<TrainingStepCheck> {
  await useBackend('wasm');
  const { isSoftware, start } = kind === 'webgpu' ? await findGpu(folder) : nativeIn(folder);
  const step = isSoftware ? SMALL_STEP : STEP;
  const expected = await trainKnown(step);
  const started = await start();
  const actual = await trainKnown(step);
  const { gradients, state } = differencesOf(actual, expected);
  return {
    ...started,
    losses: [expected.losses[0]!, actual.losses[0]!],
    gradientDifference: gradients,
    weightDifference: state,
  };
}

/** A backend that was found, and is not started yet. */
interface Found {
  isSoftware: boolean;
  start(): Promise<Pick<TrainingStepCheck, 'version' | 'gpu' | 'isSoftware'>>;
}

const nativeIn = (folder: string): Found => ({
  isSoftware: false,
  async start() {
    const { version, onGpu } = loadInstallation(folder);
    await tf.setBackend('tensorflow');
    await registerKernels('tensorflow');
    return { version, ...(onGpu ? { gpu: gpuNames().join(', ') || 'GPU' } : {}) };
  },
});

async function findGpu(folder: string): Promise<Found> {
  const files = filesIn(folder);
  if (typeof files === 'string') throw new Error(files);
  const attempt = await lookWith(files);
  if (attempt.state === 'not here') throw new Error(attempt.reason);
  if (attempt.state === 'does not start')
    throw new Error([attempt.reason, attempt.hint].filter(Boolean).join('\n'));
  const { version, facts } = attempt;
  return {
    isSoftware: facts.isSoftware,
    async start() {
      await startWebgpu(attempt);
      return { version, gpu: facts.name, ...(facts.isSoftware ? { isSoftware: true } : {}) };
    },
  };
}
