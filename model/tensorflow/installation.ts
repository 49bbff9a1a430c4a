import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { parseJson } from '#core/parse.ts';

/**
 * Name of the commit mark within `homeOfInstallations()`: it is written last, so that the installation it
 * names is complete.
 */
export const INSTALLED_FILE = 'installed.json';

/** `installed.json`: which of the folders beside it is the installation, and what is in it. */
export const installationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Beside `installed.json`. */
  folder: z.string().regex(/^[\w.-]+$/),
  tensorflow: z.strictObject({
    version: z.string(),
    /** What the wheel was built for. A GPU build computes on the CPU where it finds no GPU. */
    build: z.enum(['cpu', 'gpu']),
    wheel: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** Of `@tensorflow/tfjs-node-gpu`. */
  binding: z.string(),
  /** Of Node's own names: `linux`, `x64`. */
  platform: z.string(),
  architecture: z.string(),
  installedAt: z.iso.datetime(),
});

export type InstallationRecord = z.infer<typeof installationSchema>;

/** As `INSTALLED_FILE`, for the WebGPU backend: one may be there without the other. */
export const WEBGPU_FILE = 'webgpu.json';

/** `webgpu.json`. */
export const webgpuRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Beside `webgpu.json`. */
  folder: z.string().regex(/^[\w.-]+$/),
  /** Versions of the npm packages. */
  webgpu: z.string(),
  backend: z.string(),
  /** Of Node's own names: `linux`, `x64`. */
  platform: z.string(),
  architecture: z.string(),
  installedAt: z.iso.datetime(),
});

export type WebgpuRecord = z.infer<typeof webgpuRecordSchema>;

/** A native TensorFlow that `graft backend install` has built. */
export interface Installation {
  /** Absolute. See `layoutOf`. */
  folder: string;
  record: InstallationRecord;
}

/** The folder like `node_modules` in an installation. */
export const packagesOf = (folder: string) => join(folder, 'node_modules');

/** Where things are in the folder of a native TensorFlow. */
export function layoutOf(folder: string) {
  return {
    /** As in Python's site-packages: TensorFlow looks for NVIDIA's libraries beside itself. */
    libraries: join(folder, 'site-packages'),
    tensorflow: join(folder, 'site-packages', 'tensorflow'),
    packages: packagesOf(folder),
    binding: join(folder, 'tfjs_binding.node'),
  };
}

/**
 * The folder for native backends, `.tensorflow`, beside the `node_modules` in which `@tensorflow/tfjs-core`
 * is: from there the binding finds the very copy that the program uses, and no `npm ci` removes it.
 */
export function homeOfInstallations(): string {
  const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json');
  return resolve(dirname(core), '..', '..', '..', '.tensorflow');
}

/**
 * The native TensorFlow.
 *
 * @returns undefined when none is installed
 * @throws InvalidInputError when `installed.json` is not what `graft backend install` writes
 */
export const findInstallation = (home = homeOfInstallations()): Installation | undefined =>
  find(join(home, INSTALLED_FILE), installationSchema);

/**
 * The WebGPU backend.
 *
 * @returns undefined when it is not installed
 * @throws InvalidInputError when `webgpu.json` is not what `graft backend install --webgpu` writes
 */
export const findWebgpuInstallation = (home = homeOfInstallations()) =>
  find<WebgpuRecord>(join(home, WEBGPU_FILE), webgpuRecordSchema);

function find<R extends { folder: string }>(
  file: string,
  schema: z.ZodType<R>,
): { folder: string; record: R } | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const record = parseJson(schema, text, file, 'Run `graft backend install` again.');
  return { folder: join(dirname(file), record.folder), record };
}
