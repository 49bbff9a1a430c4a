import { fileURLToPath } from 'node:url';
import { BackendInstallError } from '../../cli/errors.ts';
import type { BackendKind, TrainingStepCheck } from './check-training-step.ts';
import { runProgram } from './run-program.ts';

/**
 * Backends round differently, and GPUs multiply with ten bits (TensorFloat-32); a wrong kernel differs far
 * more. Where a gradient is almost zero, Adam's first step amplifies its error; so the weights have a bound
 * of their own.
 */
const MOST_DIFFERENCE = { loss: 0.01, gradients: 0.02, weights: 0.02 };

const HINTS: Readonly<Record<BackendKind, string>> = {
  tensorflow:
    'The native backend was built, but does not work here. Training goes on with what was there before.',
  webgpu: 'WebGPU does not work here; nothing was installed. WebAssembly computes without it.',
};

const NAMES: Readonly<Record<BackendKind, string>> = { tensorflow: 'TensorFlow', webgpu: 'WebGPU' };

/**
 * Trains one step on the backend in that folder and on WebAssembly, in a process of its own.
 *
 * @throws BackendInstallError when it does not start, or its results differ
 */
export async function verifyBackend(
  { folder, kind }: { folder: string; kind: BackendKind },
  context: { environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<TrainingStepCheck> {
  const output = await runProgram({
    command: process.execPath,
    args: [fileURLToPath(new URL('./verify.mjs', import.meta.url)), folder, kind],
    folder,
    ...context,
    hint: HINTS[kind],
  });
  const check = JSON.parse(output.trim().split('\n').at(-1)!) as TrainingStepCheck;
  const [expected, actual] = check.losses;
  const differences = {
    loss: Math.abs(actual - expected) / Math.abs(expected),
    gradients: check.gradientDifference,
    weights: check.weightDifference,
  };
  for (const [name, bound] of Object.entries(MOST_DIFFERENCE)) {
    const difference = differences[name as keyof typeof differences];
    // Not "greater": that would let NaN pass.
    if (difference <= bound) continue;
    throw new BackendInstallError(
      `${NAMES[kind]} ${check.version} computes another training step than WebAssembly: ${name} differ by ${difference.toPrecision(2)}, ${bound} is allowed`,
      {
        hint:
          kind === 'webgpu'
            ? 'Update the driver of the GPU, or stay on WebAssembly.'
            : 'Try another wheel with --wheel, or stay on WebAssembly.',
      },
    );
  }
  return check;
}
