import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { layoutOf } from './installation.ts';

const require = createRequire(import.meta.url);

/** What the binding of tfjs-node offers, as far as it is used here. */
interface Binding {
  TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/**
 * Loads an installation of `graft backend install` into this process and registers it as TensorFlow.js'
 * backend `tensorflow`. The package's own entry point is left alone: it looks for a prebuilt binding and
 * loads what training does not need.
 *
 * @throws the reason why the libraries cannot be loaded
 */
export function loadInstallation(folder: string): { version: string; onGpu: boolean } {
  const { binding: bindingFile, packages } = layoutOf(folder);
  prepareProcess();
  const scripts = join(packages, '@tensorflow', 'tfjs-node-gpu', 'dist');
  const binding = require(bindingFile) as Binding;
  const { NodeJSKernelBackend } = require(join(scripts, 'nodejs_kernel_backend.js'));
  require(join(scripts, 'register_all_kernels.js'));
  if (!tf.getKernel('Conv2D', 'tensorflow')) {
    throw new Error('it has a TensorFlow.js of its own, and the two do not know each other');
  }
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'));
  return { version: binding.TF_Version, onGpu: binding.isUsingGpuDevice() };
}

/**
 * Prepares the process for any native backend.
 *
 * @throws when the processor lacks AVX, which every TensorFlow wheel needs: loading one would end the process
 */
export function prepareProcess(): void {
  if (!hasAvx()) throw new Error('this processor has no AVX, which TensorFlow is compiled for');
  // Only what is wrong; and GPU memory as it is needed, so that several processes can share a GPU.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Where the processor has no instructions made for neural networks, TensorFlow leaves oneDNN's operations
  // off, although residual networks train half as fast again with them.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  restoreRemovedFunctions();
}

/** tfjs-node 4.22 calls two functions of `node:util` that are deprecated, and gone since Node 23. */
function restoreRemovedFunctions() {
  const util = require('node:util') as Record<string, unknown>;
  util.isArray = Array.isArray;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
}

function hasAvx(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return true;
  try {
    return /^flags\s*:.*\bavx\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return true;
  }
}
