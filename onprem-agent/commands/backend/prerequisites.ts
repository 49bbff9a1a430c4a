import { spawnSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { InvalidInputError } from '#core/errors.ts';
import { hasNvidiaDriver } from '#model/tensorflow/gpu.ts';
import { BackendInstallError } from '../../cli/errors.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import type { Machine, Wheel } from './wheel.ts';

/** @throws BackendInstallError where TensorFlow has no libraries for the machine */
export function checkMachine({ platform, architecture, glibc }: Machine) {
  const fits = platform === 'linux' && ['x64', 'arm64'].includes(architecture) && glibc !== undefined;
  if (fits) return;
  const what = `${platform} ${architecture}${platform === 'linux' && glibc === undefined ? ' without the GNU C library' : ''}`;
  throw new BackendInstallError(`The native backend can be installed on Linux (x64, arm64), not on ${what}`, {
    hint: 'WebAssembly computes here, on all cores; a GPU may compute through WebGPU: `graft backend install --webgpu`.',
  });
}

/** Platforms for which the package `webgpu` has a binding, in Node's names. */
const WEBGPU_PLATFORMS = [
  'linux-x64',
  'linux-arm64',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];

/** @throws BackendInstallError where WebGPU has no binding for the machine */
export function checkWebgpuPlatform(platform: NodeJS.Platform, architecture: NodeJS.Architecture) {
  if (WEBGPU_PLATFORMS.includes(`${platform}-${architecture}`)) return;
  throw new BackendInstallError(
    `WebGPU can be installed on ${WEBGPU_PLATFORMS.join(', ')}, not on ${platform}-${architecture}`,
    {
      hint: 'WebAssembly computes here; it uses all cores in training.',
    },
  );
}

/**
 * The build to install: the requested one, the wheel's, or the one that fits the machine.
 *
 * @throws InvalidInputError when the wheel or the machine does not fit the requested build
 */
export function chooseBuild(wanted: 'cpu' | 'gpu' | undefined, wheel: Wheel | undefined, machine: Machine) {
  const build =
    wanted ?? wheel?.build ?? (machine.architecture === 'x64' && hasNvidiaDriver() ? 'gpu' : 'cpu');
  if (build === 'gpu' && wheel?.build === 'cpu') {
    throw new InvalidInputError(`"${wheel.file}" is a TensorFlow for the CPU only`, {
      hint: 'Give the wheel of `tensorflow`, not of `tensorflow-cpu`; or leave --gpu out.',
    });
  }
  if (build === 'gpu' && machine.architecture !== 'x64') {
    throw new InvalidInputError(`TensorFlow has no wheel with CUDA for ${machine.architecture}`, {
      hint: 'Use --cpu.',
    });
  }
  return build;
}

/**
 * The C++ compiler: `CXX`, or the first one that runs.
 *
 * @throws BackendInstallError when there is none
 */
export function findCompiler(environment: NodeJS.ProcessEnv): string {
  const candidates = environment.CXX ? [environment.CXX] : ['g++', 'c++', 'clang++'];
  const found = candidates.find(
    (command) => spawnSync(command, ['--version'], { env: environment }).status === 0,
  );
  if (found !== undefined) return found;
  throw new BackendInstallError(`There is no C++ compiler (looked for ${candidates.join(', ')})`, {
    hint: 'Install one: `apt-get install g++` on Debian and Ubuntu, `dnf install gcc-c++` on Fedora and Red Hat; or name one in CXX.',
  });
}

/** @throws BackendInstallError when npm is missing; Node.js can be installed without it */
export function checkNpm(environment: NodeJS.ProcessEnv): void {
  if (spawnSync('npm', ['--version'], { env: environment }).status === 0) return;
  throw new BackendInstallError('There is no npm to fetch the binding with', {
    hint: 'It comes with Node; add its folder to PATH.',
  });
}

/** @throws BackendInstallError when the disk of that folder has too little room */
export async function checkSpace(
  folder: string,
  needed: number,
  freeBytes: (folder: string) => Promise<number>,
) {
  const free = await freeBytes(folder);
  if (free >= needed) return;
  throw new BackendInstallError(
    `There is not enough room in ${folder}: ${formatAmount(needed, 'B')} are needed, ${formatAmount(free, 'B')} are free`,
    { hint: 'Make room on that disk.' },
  );
}

/** Room on the disk of a folder, in bytes. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
