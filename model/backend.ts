import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '#core/errors.ts';
import { registerKernels } from './kernels/register.ts';

/**
 * What computes the tensors: TensorFlow on a GPU or on the CPU (both native and installed by hand), WebAssembly, or plain
 * JavaScript (`cpu`: the reference in tests, hundreds of times slower in training).
 */
export type BackendName = 'tensorflow-gpu' | 'tensorflow' | 'wasm' | 'cpu';

/** The backend that is in use, in words a person can act on. */
export interface BackendInfo {
  name: BackendName;
  /** The processor, or "GPU". */
  device: string;
  /** Of the package that computes. */
  version: string;
  /** Why this one, and why none of the faster ones. */
  reason: string;
  /** How to get a faster one, when there is one. */
  hint?: string;
}

const HINT = 'a native TensorFlow is faster: docs/agent.md says how to install one';

const NATIVE_PACKAGES = {
  'tensorflow-gpu': '@tensorflow/tfjs-node-gpu',
  tensorflow: '@tensorflow/tfjs-node',
} as const;

let inUse: BackendInfo | undefined;

/**
 * Sets up the fastest backend that is installed (TensorFlow on GPU, TensorFlow, WebAssembly), or exactly the preferred
 * one. Calling it again is cheap and, without a preference, keeps what is in use.
 *
 * @throws InvalidInputError when the preferred backend is not installed or does not start
 */
export async function useBackend(preferred?: BackendName): Promise<BackendInfo> {
  if (inUse !== undefined && (preferred === undefined || preferred === inUse.name)) {
    await tf.setBackend(inUse.name.startsWith('tensorflow') ? 'tensorflow' : inUse.name);
    return inUse;
  }
  inUse = preferred === undefined ? await useFastest() : await useExactly(preferred);
  await registerKernels(inUse.name);
  return inUse;
}

async function useFastest(): Promise<BackendInfo> {
  const reasons: string[] = [];
  for (const name of ['tensorflow-gpu', 'tensorflow'] as const) {
    const result = await useNative(name);
    if (typeof result !== 'string') return result;
    reasons.push(result);
  }
  const info = await useWebAssembly();
  return { ...info, reason: reasons.join('; '), hint: HINT };
}

async function useExactly(name: BackendName): Promise<BackendInfo> {
  if (name === 'wasm') return { ...(await useWebAssembly()), reason: 'asked for' };
  if (name === 'cpu') return usePlainJavaScript();
  const result = await useNative(name);
  if (typeof result !== 'string') return { ...result, reason: 'asked for' };
  throw new InvalidInputError(`The backend "${name}" cannot be used: ${result}`, {
    hint: 'docs/agent.md says how to install one; the backend "wasm" is always there.',
  });
}

/** @returns the backend, or the reason why it is not available */
async function useNative(name: 'tensorflow-gpu' | 'tensorflow'): Promise<BackendInfo | string> {
  const packageName = NATIVE_PACKAGES[name];
  const version = versionOf(packageName);
  if (version === undefined) return `${packageName} is not installed`;
  try {
    // The name in a variable keeps bundlers and the type checker from looking for an optional package.
    await import(packageName);
    await tf.setBackend('tensorflow');
  } catch (cause) {
    return `${packageName} does not start (${firstLine(cause)})`;
  }
  const onGpu = (tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  // The GPU package computes on the CPU where it finds no GPU: then it is the CPU backend, and says so.
  return {
    name: onGpu ? 'tensorflow-gpu' : 'tensorflow',
    device: onGpu ? 'GPU' : processor(),
    version,
    reason: `${packageName} is installed${name === 'tensorflow-gpu' && !onGpu ? ', but found no GPU' : ''}`,
  };
}

async function useWebAssembly(): Promise<Omit<BackendInfo, 'reason'>> {
  const { setWasmPaths, version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
  if (!tf.engine().registryFactory.wasm) throw new Error('tfjs-backend-wasm did not register itself');
  if (!('wasm' in tf.engine().registry)) {
    const packageFile = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    setWasmPaths(`${join(dirname(packageFile), 'dist')}/`);
  }
  await withoutProcessListeners(async () => {
    if (!(await tf.setBackend('wasm'))) throw new Error('The WebAssembly backend does not start');
  });
  return { name: 'wasm', device: processor(), version: version_wasm };
}

/**
 * The WebAssembly runtime adds process-wide listeners that rethrow every uncaught error from its own minified file, so that
 * any mistake anywhere in the program ends in pages of foreign source. Whatever `start` adds is taken off again.
 */
async function withoutProcessListeners(start: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.rawListeners(event));
  await start();
  for (const [index, event] of events.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]!.includes(listener)) process.removeListener(event, listener as () => void);
    }
  }
}

async function usePlainJavaScript(): Promise<BackendInfo> {
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  return { name: 'cpu', device: processor(), version: version_cpu, reason: 'asked for', hint: HINT };
}

function versionOf(packageName: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return (require(`${packageName}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

const processor = () => cpus()[0]?.model.trim() ?? 'unknown processor';

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];
