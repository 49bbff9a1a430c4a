import { createRequire } from 'node:module';
import { systemLibraries } from '../gpu.ts';
import type { Adapter, Dawn, Gpu } from './dawn.ts';
import type { WebgpuFiles } from './find.ts';

/** A GPU that WebGPU has found, or a processor that stands in for one. */
export interface AdapterFacts {
  name: string;
  vendor: string;
  /** The driver, with its version, as it calls itself. */
  driver: string;
  /** A program on the processor computes: no faster than WebAssembly, by orders of magnitude. */
  isSoftware: boolean;
  /** Largest tensor, in bytes. */
  largestTensor: number;
}

export interface OpenedAdapter {
  gpu: Gpu;
  adapter: Adapter;
  facts: AdapterFacts;
}

/** Why WebGPU finds no adapter: a part of a sentence, and a remedy. */
export interface NoAdapter {
  reason: string;
  hint: string;
}

/** Drivers that compute on the processor, where they do not say so themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

const VULKAN_LOADER = 'libvulkan.so.1';

export const NO_LOADER: NoAdapter = {
  reason: `there is no Vulkan on this machine (${VULKAN_LOADER})`,
  hint: 'Install Vulkan: `apt-get install libvulkan1` on Debian and Ubuntu, `dnf install vulkan-loader` on Fedora and Red Hat; and the driver of the GPU.',
};

export const NO_DRIVER: NoAdapter = {
  reason: 'no driver for Vulkan finds a GPU',
  hint: 'AMD and Intel: `apt-get install mesa-vulkan-drivers` (Debian, Ubuntu), `dnf install mesa-vulkan-drivers` (Fedora). NVIDIA: nvidia-vulkan-icd (Debian), libnvidia-gl-… in the driver version (Ubuntu); in a container NVIDIA_DRIVER_CAPABILITIES=all. The user has to be in the group render.',
};

const NO_GPU: NoAdapter = {
  reason: 'the system shows no GPU',
  hint: 'Update the driver of the graphics card.',
};

/** Loads Dawn into this process and asks for its fastest adapter, which takes some tens of milliseconds. */
export async function openAdapter(files: WebgpuFiles): Promise<OpenedAdapter | NoAdapter> {
  const isLinux = process.platform === 'linux';
  // Without it, Dawn writes lines to standard error that no one can make sense of.
  if (isLinux && !systemLibraries().has(VULKAN_LOADER)) return NO_LOADER;
  const { create, globals } = createRequire(import.meta.url)(files.dawn) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return isLinux ? NO_DRIVER : NO_GPU;
  return { gpu, adapter, facts: factsOf(adapter) };
}

export function factsOf({ info, limits }: Pick<Adapter, 'info' | 'limits'>): AdapterFacts {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const isSoftware = isFallbackAdapter || SOFTWARE.test(`${architecture} ${device} ${description}`);
  return {
    name: isSoftware ? description || device : device || description || architecture || 'GPU',
    vendor,
    driver: description,
    isSoftware,
    largestTensor: Math.min(limits.maxBufferSize!, limits.maxStorageBufferBindingSize!),
  };
}
