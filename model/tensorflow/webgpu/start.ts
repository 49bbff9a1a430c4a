import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../first-line.ts';
import { type AdapterFacts, type OpenedAdapter, openAdapter } from './adapter.ts';
import type { AdapterInfo, Device, Gpu } from './dawn.ts';
import { findWebgpu, type WebgpuFiles, type WebgpuSource } from './find.ts';
import { Guard, type WebgpuBackend } from './guard.ts';

/** What became of looking for a GPU through WebGPU. Reasons are parts of a sentence. */
export type WebgpuAttempt =
  | { state: 'found'; version: string; files: WebgpuFiles; facts: AdapterFacts; opened: OpenedAdapter }
  | { state: 'does not start'; version: string; reason: string; hint?: string }
  | { state: 'not here'; reason: string };

const attempts = new Map<WebgpuSource, WebgpuAttempt>();

/** Looks for an adapter, once: the result is remembered. */
export async function lookForWebgpu(source: WebgpuSource): Promise<WebgpuAttempt> {
  const attempt = attempts.get(source) ?? (await look(source));
  attempts.set(source, attempt);
  return attempt;
}

/** The result of a source that was tried; undefined when it was not. */
export const webgpuState = (source: WebgpuSource): WebgpuAttempt | undefined => attempts.get(source);

async function look(source: WebgpuSource): Promise<WebgpuAttempt> {
  const files = findWebgpu(source);
  if (typeof files === 'string') return { state: 'not here', reason: files };
  return lookWith(files);
}

/** As `lookForWebgpu`, with those files. */
export async function lookWith(files: WebgpuFiles): Promise<WebgpuAttempt> {
  const { version } = files;
  // Dawn's binding keeps its state for the whole process.
  if (!isMainThread) {
    return { state: 'does not start', version, reason: 'WebGPU computes in the main thread only' };
  }
  try {
    const opened = await openAdapter(files);
    if ('reason' in opened) return { state: 'does not start', version, ...opened };
    return { state: 'found', version, files, facts: opened.facts, opened };
  } catch (cause) {
    return { state: 'does not start', version, reason: firstLine(cause) };
  }
}

/** What the package of the backend exports. */
interface Backend {
  WebGPUBackend: new (device: Device, info: AdapterInfo) => tf.KernelBackend & WebgpuBackend;
}

let device: Device | undefined;

/**
 * Makes the adapter TensorFlow.js's backend `webgpu`, and sets it. The package's own start is left alone: it
 * asks for an adapter of its own, and takes zeros for results where the GPU has failed.
 *
 * @throws the reason why there is no device
 */
export async function startWebgpu({ files, opened }: WebgpuAttempt & { state: 'found' }): Promise<void> {
  if (device === undefined) {
    const { gpu, adapter, facts } = opened;
    const made = await adapter.requestDevice({ requiredLimits: limitsOf(adapter.limits) });
    const guard = new Guard(made, facts.name);
    withNavigator(gpu, () => {
      const { WebGPUBackend } = createRequire(import.meta.url)(files.script) as Backend;
      const backend = new WebGPUBackend(made, adapter.info);
      guard.watch(backend);
      tf.removeBackend('webgpu');
      tf.registerBackend('webgpu', () => backend);
    });
    if (!tf.getKernel('Conv2D', 'webgpu')) {
      throw new Error('it has a TensorFlow.js of its own, and the two do not know each other');
    }
    device = made;
  }
  if (!(await tf.setBackend('webgpu'))) throw new Error('the backend does not start');
}

/** Everything that the adapter has: TensorFlow.js takes larger tensors and more threads where it can. */
function limitsOf(limits: Readonly<Record<string, number>>): Record<string, number> {
  const names = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupSizeY',
    'maxComputeWorkgroupsPerDimension',
  ];
  return Object.fromEntries(names.map((name) => [name, limits[name]!]));
}

/**
 * TensorFlow.js asks for `navigator.gpu` while it starts. It goes away again: a GPU that hangs on a global
 * variable keeps Node from ending, and other packages take a `navigator` for a browser.
 */
function withNavigator(gpu: Gpu, start: () => void): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true });
  try {
    start();
  } finally {
    if (own === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', own);
  }
}
