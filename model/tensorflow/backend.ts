import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '#core/errors.ts';
import type { BackendName } from './backend-names.ts';
import { firstLine } from './first-line.ts';
import { hasNvidiaDriver } from './gpu.ts';
import { registerKernels } from './kernels/register.ts';
import {
  type Attempt,
  NATIVE_SOURCES,
  type NativeSource,
  nativeState,
  startNative,
  versionOf,
} from './native.ts';
import { findWebgpu, WEBGPU_SOURCES, type WebgpuSource } from './webgpu/find.ts';
import { lookForWebgpu, startWebgpu, webgpuState } from './webgpu/start.ts';

/** The backend that is in use, in words that tell a person what to do. */
export interface BackendInfo {
  name: BackendName;
  /** The processor, or the GPU. */
  device: string;
  /** Of TensorFlow, or of the package that computes. */
  version: string;
  /** Why this one, and why none of the faster ones. */
  reason: string;
  /** How to use a GPU that is here and unused. */
  hint?: string;
}

let inUse: BackendInfo | undefined;
let webgpuFrom: WebgpuSource | undefined;

/**
 * Sets up exactly the preferred backend; without a preference TensorFlow on a GPU, WebGPU on a GPU (where
 * `graft backend install --webgpu` has compared it with WebAssembly), TensorFlow on the CPU, or WebAssembly,
 * the first of them that is there. Calling it again is cheap and, without a preference, keeps the backend in
 * use.
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
  let onCpu: NativeSource | undefined;
  for (const source of NATIVE_SOURCES) {
    const info = await useNative(source);
    if (typeof info !== 'string' && info.name === 'tensorflow-gpu') return info;
    if (typeof info === 'string') reasons.push(info);
    else onCpu ??= source;
    if (onCpu) break;
  }
  const webgpu = await useWebgpu('installed', false);
  if (typeof webgpu !== 'string') return webgpu;
  if (onCpu) {
    const info = await useNative(onCpu);
    if (typeof info !== 'string') return { ...hintAtGpu(), ...info };
  }
  reasons.push(webgpu);
  return { ...(await useWebAssembly()), reason: reasons.join('; '), ...hintAtGpu() };
}

async function useExactly(name: BackendName): Promise<BackendInfo> {
  if (name === 'wasm') return { ...(await useWebAssembly()), reason: 'asked for' };
  if (name === 'cpu') return usePlainJavaScript();
  // TensorFlow looks for GPUs once, when it is loaded.
  if (name === 'tensorflow') process.env.CUDA_VISIBLE_DEVICES = '-1';
  const reasons: string[] = [];
  const attempts =
    name === 'webgpu'
      ? WEBGPU_SOURCES.map((source) => () => useWebgpu(source, true))
      : NATIVE_SOURCES.map((source) => () => useNative(source));
  for (const attempt of attempts) {
    const info = await attempt();
    if (typeof info !== 'string' && info.name === name) return { ...info, reason: 'asked for' };
    reasons.push(typeof info === 'string' ? info : info.reason);
  }
  throw new InvalidInputError(`The backend "${name}" cannot be used: ${reasons.join('; ')}`, {
    hint: `${remedyFor(name)}; the backend "wasm" is always there.`,
  });
}

function remedyFor(name: BackendName): string {
  if (name !== 'webgpu') return '`graft backend install` brings TensorFlow (docs/agent.md)';
  for (const attempt of WEBGPU_SOURCES.map(webgpuState)) {
    if (attempt?.state === 'does not start' && attempt.hint) return attempt.hint.replace(/\.$/, '');
  }
  return '`graft backend install --webgpu` brings WebGPU (docs/agent.md)';
}

/** A place where a backend can come from, and whether it is there. */
export interface BackendSource {
  /** Its name for people. */
  source: string;
  version?: string;
  state: 'in use' | 'here' | 'does not start' | 'not here';
  /** Why it does not start, or is not used though it is here. */
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
    ...WEBGPU_SOURCES.map(describeWebgpu),
    {
      source: wasm,
      ...(version === undefined ? {} : { version }),
      state: inUse?.name === 'wasm' ? 'in use' : 'here',
    },
  ];
}

function describeWebgpu(from: WebgpuSource): BackendSource {
  const source = from === 'installed' ? 'graft backend install --webgpu' : 'webgpu';
  const attempt = webgpuState(from);
  if (attempt === undefined) {
    const files = findWebgpu(from);
    return typeof files === 'string'
      ? { source, state: 'not here' }
      : { source, version: files.version, state: 'here' };
  }
  if (attempt.state === 'not here') return { source, state: 'not here' };
  const { version } = attempt;
  if (attempt.state === 'does not start')
    return { source, version, state: attempt.state, reason: attempt.reason };
  if (inUse?.name === 'webgpu' && webgpuFrom === from) return { source, version, state: 'in use' };
  const { name, isSoftware } = attempt.facts;
  return { source, version, state: 'here', reason: isSoftware ? `${name}: no GPU, ${SOFTWARE}` : name };
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

const SOFTWARE = 'the processor stands in for one';

/** @returns the backend, or the reason why it is not used */
async function useWebgpu(source: WebgpuSource, orSoftware: boolean): Promise<BackendInfo | string> {
  const attempt = await lookForWebgpu(source);
  if (attempt.state !== 'found') return `no WebGPU, because ${attempt.reason}`;
  const { version, facts } = attempt;
  if (facts.isSoftware && !orSoftware) return `no WebGPU, because ${facts.name} is no GPU: ${SOFTWARE}`;
  try {
    await startWebgpu(attempt);
  } catch (cause) {
    return `WebGPU on ${facts.name} does not start (${firstLine(cause)})`;
  }
  webgpuFrom = source;
  const device = facts.isSoftware ? `${facts.name}, on the processor` : facts.name;
  return { name: 'webgpu', device, version, reason: 'WebGPU found it' };
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
  return { name: 'cpu', device: processor(), version: version_cpu, reason: 'asked for' };
}

/** Nothing is said where there is no GPU: TensorFlow on the CPU need not be faster than WebAssembly. */
function hintAtGpu(): { hint?: string } {
  if (hasNvidiaDriver()) return { hint: 'a GPU is here and unused: npx graft backend install --gpu' };
  if (existsSync('/dev/dri/renderD128')) {
    return { hint: 'a GPU is here and unused: npx graft backend install --webgpu' };
  }
  return {};
}

const processor = () => cpus()[0]?.model.trim() ?? 'unknown processor';
