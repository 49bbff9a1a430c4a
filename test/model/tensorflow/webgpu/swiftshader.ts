import { existsSync } from 'node:fs';
import { systemLibraries } from '#model/tensorflow/gpu.ts';
import { findWebgpu } from '#model/tensorflow/webgpu/find.ts';

/** Where distributions put Chromium's own driver for Vulkan, which computes on the processor. */
const DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

const driver = DRIVERS.find((file) => existsSync(file));

/** Why WebGPU cannot be tested here; undefined when it can. */
export const noSwiftShader: string | undefined =
  process.platform !== 'linux'
    ? 'SwiftShader is looked for on Linux'
    : driver === undefined
      ? 'there is no Chromium, whose SwiftShader serves as a GPU'
      : !systemLibraries().has('libvulkan.so.1')
        ? 'there is no libvulkan.so.1 (apt-get install libvulkan1)'
        : typeof findWebgpu('packages') === 'string'
          ? 'the package webgpu is not installed (npm ci)'
          : undefined;

/** What makes a process find SwiftShader, and no other GPU. */
export const swiftShader: NodeJS.ProcessEnv = driver === undefined ? {} : { VK_DRIVER_FILES: driver };
