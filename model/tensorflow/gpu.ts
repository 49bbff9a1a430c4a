import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from './installation.ts';

const DRIVER_FOLDER = '/proc/driver/nvidia';

/** What a TensorFlow for CUDA 12 loads when it looks for a GPU. */
const CUDA_LIBRARIES = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
  'libcudnn.so.9',
];

/** Whether this machine has a driver from NVIDIA, without which no GPU computes. */
export function hasNvidiaDriver(): boolean {
  return existsSync(join(DRIVER_FOLDER, 'version')) || systemLibraries().has('libcuda.so.1');
}

/** @returns names of the GPUs, as the driver or its tool gives them; empty when it shows none */
export function gpuNames(): string[] {
  try {
    const gpus = join(DRIVER_FOLDER, 'gpus');
    const names = readdirSync(gpus).flatMap((bus) => {
      const text = readFileSync(join(gpus, bus, 'information'), 'utf8');
      return /^Model:\s*(.+)$/m.exec(text)?.[1] ?? [];
    });
    if (names.length > 0) return names;
  } catch {
    // No such folder: Windows Subsystem for Linux has the tool only.
  }
  const run = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.split('\n').filter((line) => line.trim() !== '') : [];
}

/** Why an installed TensorFlow computes on the CPU, and how to use the GPU where there is one. */
export function whyNoGpu(build: 'cpu' | 'gpu', folder: string): { reason: string; hint?: string } {
  if (build === 'cpu') {
    const hint = hasNvidiaDriver() ? { hint: 'for the GPU: npx graft backend install --gpu' } : {};
    return { reason: 'it is installed for the CPU', ...hint };
  }
  if (!hasNvidiaDriver()) {
    return { reason: 'there is no NVIDIA driver', hint: 'CUDA 12 needs a driver of version 525 or later' };
  }
  const missing = missingCudaLibraries(folder);
  if (missing.length > 0) {
    return {
      reason: `CUDA 12 is not complete: ${missing.join(', ')} not found`,
      hint: 'npx graft backend install --gpu --force brings them',
    };
  }
  const hidden = process.env.CUDA_VISIBLE_DEVICES;
  if (hidden !== undefined && !/^(\d|GPU|MIG)/.test(hidden)) {
    return { reason: `CUDA_VISIBLE_DEVICES is "${hidden}"` };
  }
  const [name] = gpuNames();
  if (name === undefined) return { reason: 'the driver shows no GPU' };
  return {
    reason: `TensorFlow cannot use the ${name}`,
    hint: 'TF_CPP_MIN_LOG_LEVEL=0 makes TensorFlow say why',
  };
}

/** Names of the CUDA libraries that are neither in the installation nor on the system. */
export function missingCudaLibraries(folder?: string): string[] {
  const there = new Set([
    ...systemLibraries(),
    ...(folder === undefined ? [] : cudaFolders(folder).flatMap((each) => readdirSync(each))),
    ...(process.env.LD_LIBRARY_PATH ?? '')
      .split(':')
      .flatMap((each) => (each !== '' && existsSync(each) ? readdirSync(each) : [])),
  ]);
  return CUDA_LIBRARIES.filter((name) => !there.has(name));
}

/** Folders of NVIDIA's libraries in an installation, as NVIDIA's wheels name them. */
export function cudaFolders(folder: string): string[] {
  const root = join(layoutOf(folder).libraries, 'nvidia');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map((name) => join(root, name, 'lib'))
    .filter((each) => existsSync(each));
}

/** Names of the libraries that the system's loader finds by itself. */
export function systemLibraries(): Set<string> {
  for (const command of ['ldconfig', '/sbin/ldconfig']) {
    const run = spawnSync(command, ['-p'], { encoding: 'utf8' });
    if (run.status !== 0) continue;
    return new Set([...run.stdout.matchAll(/^\s*(\S+) \(/gm)].map((match) => match[1]!));
  }
  return new Set();
}
