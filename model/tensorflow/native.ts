import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from './first-line.ts';
import { gpuNames, whyNoGpu } from './gpu.ts';
import { findInstallation } from './installation.ts';
import { loadInstallation, prepareProcess } from './load.ts';

/**
 * Where a native TensorFlow can come from, the preferred one first: `graft backend install`, or a package of
 * npm.
 */
export const NATIVE_SOURCES = ['installed', '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

export type NativeSource = (typeof NATIVE_SOURCES)[number];

/** What became of starting one. Reasons are parts of a sentence. */
export type Attempt =
  | {
      state: 'started';
      version: string;
      /** Name of the GPU, where one is used. */
      gpu?: string;
      reason: string;
      hint?: string;
    }
  | { state: 'does not start'; version?: string; reason: string }
  | { state: 'not here'; reason: string };

const attempts = new Map<NativeSource, Attempt>();

/** Loads a native TensorFlow into this process, once: the result is remembered. */
export async function startNative(source: NativeSource): Promise<Attempt> {
  const attempt = attempts.get(source) ?? (await tryToStart(source));
  attempts.set(source, attempt);
  return attempt;
}

async function tryToStart(source: NativeSource): Promise<Attempt> {
  // The binding keeps its state in global variables, without locks.
  if (!isMainThread) {
    return { state: 'does not start', reason: 'TensorFlow computes in the main thread only' };
  }
  return source === 'installed' ? startInstalled() : startPackage(source);
}

async function startInstalled(): Promise<Attempt> {
  let what = 'the TensorFlow of `graft backend install`';
  try {
    const found = findInstallation();
    if (found === undefined) return { state: 'not here', reason: '`graft backend install` has not been run' };
    const { tensorflow, platform, architecture } = found.record;
    what = `TensorFlow ${tensorflow.version} of \`graft backend install\``;
    if (platform !== process.platform || architecture !== process.arch) {
      return {
        state: 'does not start',
        version: tensorflow.version,
        reason: `${what} is built for ${platform} ${architecture}, and this is ${process.platform} ${process.arch}`,
      };
    }
    const { version, onGpu } = loadInstallation(found.folder);
    if (onGpu) return { state: 'started', version, gpu: gpuName(), reason: `${what} found it` };
    const { reason, ...hint } = whyNoGpu(tensorflow.build, found.folder);
    return { state: 'started', version, reason: `${what}, on the CPU because ${reason}`, ...hint };
  } catch (cause) {
    return { state: 'does not start', reason: `${what} does not start (${firstLine(cause)})` };
  }
}

async function startPackage(name: Exclude<NativeSource, 'installed'>): Promise<Attempt> {
  const version = versionOf(name);
  if (version === undefined) return { state: 'not here', reason: `${name} is not installed` };
  try {
    prepareProcess();
    // The name in a variable keeps bundlers and the type checker from looking for an optional package.
    await import(name);
    await tf.setBackend('tensorflow');
  } catch (cause) {
    return { state: 'does not start', version, reason: `${name} does not start (${firstLine(cause)})` };
  }
  const onGpu = (tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  if (onGpu) return { state: 'started', version, gpu: gpuName(), reason: `${name} is installed` };
  const noGpu = name === '@tensorflow/tfjs-node-gpu' ? ', but found no GPU' : '';
  return { state: 'started', version, reason: `${name} is installed${noGpu}` };
}

/** The result of a source that was tried; of another one whether it is there, and its version. */
export function nativeState(
  source: NativeSource,
): Attempt | { state: 'here' | 'not here'; version?: string } {
  const attempt = attempts.get(source);
  if (attempt) return attempt;
  const version = source === 'installed' ? installedVersion() : versionOf(source);
  return version === undefined ? { state: 'not here' } : { state: 'here', version };
}

function installedVersion(): string | undefined {
  try {
    return findInstallation()?.record.tensorflow.version;
  } catch {
    return undefined;
  }
}

const gpuName = () => gpuNames().join(', ') || 'GPU';

/** Version of an npm package that the program finds; undefined when it is not installed. */
export function versionOf(packageName: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return (require(`${packageName}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
