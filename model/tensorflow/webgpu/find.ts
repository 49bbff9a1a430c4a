import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { firstLine } from '../first-line.ts';
import { findWebgpuInstallation, packagesOf } from '../installation.ts';

const DAWN = 'webgpu';
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/** Where WebGPU's packages can come from, the preferred one first. */
export const WEBGPU_SOURCES = ['installed', 'packages'] as const;

export type WebgpuSource = (typeof WEBGPU_SOURCES)[number];

/** WebGPU for Node, and TensorFlow.js's backend that computes with it. */
export interface WebgpuFiles {
  /** Version of the npm package `webgpu`. */
  version: string;
  /** Dawn's binding for this platform. */
  dawn: string;
  /** The backend's script. */
  script: string;
}

/** @returns why there is none, as a part of a sentence */
export function findWebgpu(source: WebgpuSource): WebgpuFiles | string {
  if (source === 'packages') return filesOf(createRequire(import.meta.url)) ?? 'its packages are not there';
  let found: ReturnType<typeof findWebgpuInstallation>;
  try {
    found = findWebgpuInstallation();
  } catch (cause) {
    return firstLine(cause);
  }
  if (found === undefined) return '`graft backend install --webgpu` has not been run';
  const { platform, architecture } = found.record;
  if (platform !== process.platform || architecture !== process.arch) {
    return `it is installed for ${platform} ${architecture}, and this is ${process.platform} ${process.arch}`;
  }
  return filesIn(found.folder);
}

/** The files in the folder of an installation. */
export function filesIn(folder: string): WebgpuFiles | string {
  const require = createRequire(join(packagesOf(folder), 'anywhere.js'));
  return filesOf(require) ?? `"${folder}" is not complete`;
}

function filesOf(require: NodeJS.Require): WebgpuFiles | undefined {
  try {
    const packageFile = require.resolve(`${DAWN}/package.json`);
    const dawn = join(dirname(packageFile), dawnPath(process.platform, process.arch));
    const script = require.resolve(BACKEND);
    if (!existsSync(dawn)) return undefined;
    return { version: (require(packageFile) as { version: string }).version, dawn, script };
  } catch {
    return undefined;
  }
}

/** Path of the binding within the package `webgpu`; see its `index.js`. */
export function dawnPath(platform: string, architecture: string): string {
  return `dist/${platform}-${platform === 'darwin' ? 'universal' : architecture}/dawn.node`;
}
