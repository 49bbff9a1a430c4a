import { basename } from 'node:path';
import { findWebgpuInstallation, packagesOf, type WebgpuRecord } from '#model/tensorflow/installation.ts';
import { dawnPath } from '#model/tensorflow/webgpu/find.ts';
import type { Output } from '../../cli/output.ts';
import type { TrainingStepCheck } from './check-training-step.ts';
import { commitInstallation, newFolder, withHome } from './home.ts';
import { fetchPackages, type PinnedPackage } from './packages.ts';
import { checkNpm, checkSpace, checkWebgpuPlatform, freeBytes } from './prerequisites.ts';
import { verifyBackend } from './verify.ts';

/** Dawn as a module for Node, for all its platforms: 137 MB, of which one platform's are kept. */
const DAWN: Omit<PinnedPackage, 'files'> = {
  name: 'webgpu',
  version: '0.6.2',
  integrity:
    'sha512-3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==',
};

const BACKEND: PinnedPackage = {
  name: '@tensorflow/tfjs-backend-webgpu',
  version: '4.22.0',
  integrity:
    'sha512-lvIc7Af4Tl2BCdYp43iQmSCRq3asaKT0q2xaErphXiUZ+jqeB0bQa0ZvQys1Xatvto0U4/c90DVsHPfvkn5ftg==',
  files: /^(package\.json|LICEN[CS]E.*|dist\/tf-backend-webgpu\.node\.js)$/,
};

/** The tarball and what is kept of it. */
const EXPECTED_BYTES = 120e6;

export interface WebgpuRequest {
  /** Where it goes: `homeOfInstallations()`. */
  home: string;
  /** Folder of npm packages; see `FetchContext`. */
  packages?: string;
  /** Installs even if the same installation is there and works. */
  force: boolean;
}

export interface WebgpuInstalled {
  folder: string;
  record: WebgpuRecord;
  check: TrainingStepCheck;
  /** Nothing was installed: it was there already and works. */
  unchanged: boolean;
}

export interface WebgpuContext {
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  output: Output;
}

/** The steps that use the network or a GPU. Tests replace them. */
export const webgpuSteps = { fetchPackages, verifyBackend };

/**
 * As `installBackend`, for WebGPU: two packages of npm, nothing to compile.
 *
 * @throws InvalidInputError, IntegrityError, BackendInstallError naming the step that failed
 */
export async function installWebgpu(
  { home, packages, force }: WebgpuRequest,
  context: WebgpuContext,
  steps = webgpuSteps,
): Promise<WebgpuInstalled> {
  const { environment, signal, output } = context;
  const { platform, arch } = process;
  checkWebgpuPlatform(platform, arch);
  const verify = (folder: string) => {
    output.note('step', { step: 'verify' }, 'Comparing a training step with WebAssembly');
    return steps.verifyBackend({ folder, kind: 'webgpu' }, { environment, signal });
  };
  return withHome(home, async () => {
    const present = force ? undefined : await findUsable(home, verify, signal);
    if (present) return present;
    if (packages === undefined) checkNpm(environment);
    const folder = await newFolder(home, 'webgpu');
    await checkSpace(folder, EXPECTED_BYTES, freeBytes);
    output.note('step', { step: 'packages' }, `Fetching webgpu ${DAWN.version} and its backend`);
    const binaries = dawnPath(platform, arch).replace(/dawn\.node$/, '');
    const dawn = { ...DAWN, files: new RegExp(`^(package\\.json|LICEN[CS]E.*|${binaries}.*)$`) };
    await steps.fetchPackages(packagesOf(folder), [dawn, BACKEND], { from: packages, environment, signal });
    const check = await verify(folder);
    const record: WebgpuRecord = {
      schemaVersion: 1,
      folder: basename(folder),
      ...{ webgpu: DAWN.version, backend: BACKEND.version },
      ...{ platform, architecture: arch, installedAt: new Date().toISOString() },
    };
    signal.throwIfAborted();
    await commitInstallation(home, 'webgpu', record);
    return { folder, record, check, unchanged: false };
  });
}

/** The present installation, if it is the same and works. */
async function findUsable(
  home: string,
  verify: (folder: string) => Promise<TrainingStepCheck>,
  signal: AbortSignal,
): Promise<WebgpuInstalled | undefined> {
  try {
    const found = findWebgpuInstallation(home);
    const isSame = found?.record.webgpu === DAWN.version && found.record.backend === BACKEND.version;
    return found && isSame ? { ...found, check: await verify(found.folder), unchanged: true } : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
