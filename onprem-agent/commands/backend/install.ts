import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { whyNoGpu } from '#model/tensorflow/gpu.ts';
import { findInstallation, type Installation, layoutOf } from '#model/tensorflow/installation.ts';
import type { Output } from '../../cli/output.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import { BINDING_VERSION, fetchBinding } from './binding-packages.ts';
import type { TrainingStepCheck } from './check-training-step.ts';
import { compileBinding } from './compile.ts';
import { installCuda } from './cuda.ts';
import { commitInstallation, newFolder, withHome } from './home.ts';

import { downloadWheels, findPython, noPython, TENSORFLOW_RELEASE } from './pip.ts';
import { checkMachine, checkNpm, checkSpace, chooseBuild, findCompiler, freeBytes } from './prerequisites.ts';
import { verifyBackend } from './verify.ts';
import { type Machine, readWheel, thisMachine, unpackWheel, type Wheel } from './wheel.ts';

export interface InstallRequest {
  /** Where it goes: `homeOfInstallations()`. */
  home: string;
  /** If left out: for a GPU if the machine has NVIDIA's driver and the given wheel is not for the CPU. */
  build?: 'cpu' | 'gpu';
  /** Path of a wheel; downloaded if left out. */
  wheel?: string;
  /** Folder of npm packages; see `FetchContext`. */
  packages?: string;
  /** Installs even if the same installation is there and works. */
  force: boolean;
}

export interface InstallContext {
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  output: Output;
  machine?: Machine;
}

export interface Installed {
  installation: Installation;
  check: TrainingStepCheck;
  /** Why it does not compute on a GPU, if it does not. */
  noGpu?: { reason: string; hint?: string };
  /** Nothing was installed: it was there already and works. */
  unchanged: boolean;
}

/** The steps that use other programs, the network or the disk. Tests replace them. */
export interface InstallSteps {
  downloadWheels: typeof downloadWheels;
  installCuda: typeof installCuda;
  fetchBinding: typeof fetchBinding;
  compileBinding: typeof compileBinding;
  verifyBackend: typeof verifyBackend;
  freeBytes(folder: string): Promise<number>;
}

export const installSteps: InstallSteps = {
  downloadWheels,
  installCuda,
  fetchBinding,
  compileBinding,
  verifyBackend,
  freeBytes,
};

/**
 * Free disk space that a download needs, in bytes, while the file's real size is unknown: the wheel, its
 * content and CUDA's libraries.
 */
const EXPECTED_BYTES = { cpu: 1.2e9, gpu: 12e9 };

/**
 * Builds a native backend in a new folder, checks that it trains as WebAssembly does, and only then makes it
 * the installation. After a failure or an abort, the earlier installation is unchanged and nothing else is
 * left.
 *
 * @throws InvalidInputError, IntegrityError, BackendInstallError naming the step that failed
 */
export async function installBackend(
  request: InstallRequest,
  context: InstallContext,
  steps: InstallSteps = installSteps,
): Promise<Installed> {
  const machine = context.machine ?? thisMachine();
  checkMachine(machine);
  const given = request.wheel === undefined ? undefined : await readWheel(request.wheel, machine);
  const build = chooseBuild(request.build, given, machine);
  return withHome(request.home, async () => {
    const present = request.force
      ? undefined
      : await findUsableInstallation(request, { build, given }, context, steps);
    if (present) return present;
    const compiler = findCompiler(context.environment);
    if (request.packages === undefined) checkNpm(context.environment);
    const folder = await newFolder(request.home, 'tensorflow');
    const wheel = given ?? (await download({ build, folder, machine }, context, steps));
    await checkSpace(folder, wheel.bytes, steps.freeBytes);
    const headers = join(folder, 'include');
    await unpack(wheel, folder, headers, context);
    if (build === 'gpu') await steps.installCuda(wheel, folder, context);
    await rm(downloadFolder(folder), { recursive: true, force: true });
    step(context, 'packages', `Fetching @tensorflow/tfjs-node-gpu ${BINDING_VERSION}`);
    await steps.fetchBinding(layoutOf(folder).packages, { ...context, from: request.packages });
    step(context, 'compile', `Compiling the binding with ${compiler}, which takes about half a minute`);
    await steps.compileBinding(folder, headers, { ...context, compiler });
    await rm(headers, { recursive: true });
    step(context, 'verify', 'Comparing a training step with WebAssembly');
    const check = await steps.verifyBackend({ folder, kind: 'tensorflow' }, context);
    const record = {
      schemaVersion: 1 as const,
      folder: basename(folder),
      tensorflow: { version: wheel.version, build, wheel: basename(wheel.file), sha256: wheel.sha256 },
      binding: BINDING_VERSION,
      platform: process.platform,
      architecture: process.arch,
      installedAt: new Date().toISOString(),
    };
    context.signal.throwIfAborted();
    await commitInstallation(request.home, 'tensorflow', record);
    return describe({ folder, record }, check, false);
  });
}

function describe(installation: Installation, check: TrainingStepCheck, unchanged: boolean): Installed {
  const { folder, record } = installation;
  return {
    installation,
    check,
    unchanged,
    ...(check.gpu === undefined ? { noGpu: whyNoGpu(record.tensorflow.build, folder) } : {}),
  };
}

const step = ({ output }: InstallContext, name: string, text: string) =>
  output.note('step', { step: name }, text);

const downloadFolder = (folder: string) => join(folder, 'downloads');

/** The present installation, if it is the requested one and works. */
async function findUsableInstallation(
  request: InstallRequest,
  { build, given }: { build: 'cpu' | 'gpu'; given: Wheel | undefined },
  context: InstallContext,
  steps: InstallSteps,
): Promise<Installed | undefined> {
  try {
    const found = findInstallation(request.home);
    if (found === undefined || found.record.binding !== BINDING_VERSION) return undefined;
    const { tensorflow } = found.record;
    const isWanted =
      given === undefined
        ? tensorflow.version.startsWith(`${TENSORFLOW_RELEASE}.`)
        : tensorflow.sha256 === given.sha256;
    // A GPU build on a machine without a GPU (an image is built there) stays, unless a build is requested.
    const isBuild = tensorflow.build === build || (request.build === undefined && tensorflow.build === 'gpu');
    if (!isWanted || !isBuild) return undefined;
    return describe(
      found,
      await steps.verifyBackend({ folder: found.folder, kind: 'tensorflow' }, context),
      true,
    );
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}

async function download(
  { build, folder, machine }: { build: 'cpu' | 'gpu'; folder: string; machine: Machine },
  context: InstallContext,
  steps: InstallSteps,
) {
  const python = findPython(context.environment);
  if (python === undefined) throw noPython();
  await checkSpace(folder, EXPECTED_BYTES[build], steps.freeBytes);
  const name = build === 'cpu' && machine.architecture === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  step(context, 'download', `Downloading ${name} ${TENSORFLOW_RELEASE} with pip`);
  const [file] = await steps.downloadWheels(
    python,
    [`${name}==${TENSORFLOW_RELEASE}.*`],
    downloadFolder(folder),
    {
      ...context,
      progress: context.output.progress('download', 'download'),
    },
  );
  return readWheel(file!, machine);
}

async function unpack(wheel: Wheel, folder: string, headers: string, context: InstallContext) {
  step(context, 'unpack', `Unpacking TensorFlow ${wheel.version}, ${formatAmount(wheel.bytes, 'B')}`);
  const progress = context.output.progress('unpack', 'unpack');
  let done = 0;
  await unpackWheel(
    wheel,
    { libraries: layoutOf(folder).libraries, headers },
    {
      signal: context.signal,
      onBytes: (bytes) => {
        done += bytes;
        progress.update({ done, total: wheel.bytes, unit: 'B' });
      },
    },
  ).finally(() => progress.end());
}
