import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '#core/errors.ts';
import { registerKernels } from './kernels/register.ts';
import {
  type Attempt,
  NATIVE_SOURCES,
  type NativeSource,
  nativeState,
  startNative,
  versionOf,
} from './native.ts';

/**
 * What computes the tensors: TensorFlow on a GPU or on the CPU, WebAssembly, or plain JavaScript (`cpu`: the
 * reference in tests, hundreds of times slower in training).
 */
export type BackendName = 'tensorflow-gpu' | 'tensorflow' | 'wasm' | 'cpu';

/** The backend that is in use, in words that tell a person what to do. */
export interface BackendInfo {
  name: BackendName;
  /** The processor, or the GPU. */
  device: string;
  /** Of TensorFlow, or of the package that computes. */
  version: string;
  /** Why this one, and why none of the faster ones. */
  reason: string;
  /** How to get a faster one, when there is one. */
  hint?: string;
}

const HINT = 'faster: npx graft backend install';

let inUse: BackendInfo | undefined;

/**
 * Sets up the fastest available backend (TensorFlow, on a GPU if it finds one, otherwise WebAssembly), or
 * exactly the preferred one. Calling it again is cheap and, without a preference, keeps the backend in use.
 *
 * @throws InvalidInputError when the preferred backend is not available or does not start
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
  for (const source of NATIVE_SOURCES) {
    const info = await useNative(source);
    if (typeof info !== 'string') return info;
    reasons.push(info);
  }
  return { ...(await useWebAssembly()), reason: reasons.join('; '), hint: HINT };
}

async function useExactly(name: BackendName): Promise<BackendInfo> {
  if (name === 'wasm') return { ...(await useWebAssembly()), reason: 'asked for' };
  if (name === 'cpu') return usePlainJavaScript();
  // TensorFlow looks for GPUs once, when it is loaded.
  if (name === 'tensorflow') process.env.CUDA_VISIBLE_DEVICES = '-1';
  const reasons: string[] = [];
  for (const source of NATIVE_SOURCES) {
    const info = await useNative(source);
    if (typeof info !== 'string' && info.name === name) return { ...info, reason: 'asked for' };
    reasons.push(typeof info === 'string' ? info : info.reason);
  }
  throw new InvalidInputError(`The backend "${name}" cannot be used: ${reasons.join('; ')}`, {
    hint: '`graft backend install` brings TensorFlow (docs/agent.md); the backend "wasm" is always there.',
  });
}

/** A place where a backend can come from, and whether it is there. */
export interface BackendSource {
  /** Its name for people. */
  source: string;
  version?: string;
  state: 'in use' | 'here' | 'does not start' | 'not here';
  /** Why it does not start. */
  reason?: string;
}

/**
 * All places, in the order in which they are tried; the first that starts is used. Call it after
 * `useBackend`.
 */
export function backendSources(): BackendSource[] {
  const natives = NATIVE_SOURCES.map((each): BackendSource => {
    const source = each === 'installed' ? 'graft backend install' : each;
    const found = nativeState(each);
    const version = 'version' in found ? { version: found.version } : {};
    if (found.state === 'started') return { source, ...version, state: 'in use' };
    if (found.state === 'does not start')
      return { source, ...version, state: found.state, reason: found.reason };
    return { source, ...version, state: found.state };
  });
  const wasm = '@tensorflow/tfjs-backend-wasm';
  const version = versionOf(wasm);
  return [
    ...natives,
    {
      source: wasm,
      ...(version === undefined ? {} : { version }),
      state: inUse?.name === 'wasm' ? 'in use' : 'here',
    },
  ];
}

/** @returns the backend, or the reason why it is not available */
async function useNative(source: NativeSource): Promise<BackendInfo | string> {
  const attempt: Attempt = await startNative(source);
  if (attempt.state !== 'started') return attempt.reason;
  await tf.setBackend('tensorflow');
  const { state: _, gpu, ...info } = attempt;
  return gpu === undefined
    ? { name: 'tensorflow', device: processor(), ...info }
    : { name: 'tensorflow-gpu', device: gpu, ...info };
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
 * The WebAssembly runtime adds process-wide listeners that rethrow every uncaught error from its own minified
 * file, so that any error in the program prints pages of minified source. Listeners that `start` adds are
 * removed.
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

const processor = () => cpus()[0]?.model.trim() ?? 'unknown processor';
