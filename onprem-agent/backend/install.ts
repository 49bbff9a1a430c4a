import { rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '#core/errors.ts';
import { hasNvidiaDriver, whyNoGpu } from '#model/tensorflow/gpu.ts';
import { findInstallation, type Installation, layoutOf } from '#model/tensorflow/installation.ts';
import { BackendInstallError } from '../errors.ts';
import type { Output } from '../output.ts';
import { formatAmount } from '../progress-bar.ts';
import type { TrainingStepCheck } from './check-training-step.ts';
import { compileBinding, findCompiler } from './compile.ts';
import { installCuda } from './cuda.ts';
import { commitInstallation, newFolder, withHome } from './home.ts';
import { BINDING_VERSION, fetchPackages } from './packages.ts';
import { downloadWheels, findPython, noPython, TENSORFLOW_RELEASE } from './pip.ts';
import { verifyBackend } from './verify.ts';
import { type Machine, readWheel, thisMachine, unpackWheel, type Wheel } from './wheel.ts';

export interface InstallRequest {
  /** Where it goes: `homeOfInstallations()`. */
  home: string;
  /** Left out: for a GPU where the machine has a driver of NVIDIA, and no wheel for the CPU is given. */
  build?: 'cpu' | 'gpu';
  /** File; downloaded when left out. */
  wheel?: string;
  /** Installs although the same is there and works. */
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
  /** Why it does not compute on a GPU, when it does not. */
  whyNoGpu?: string;
  /** It was there already, and works. */
  unchanged: boolean;
}

/** Free disk space that a download takes, before the file itself can be asked: wheel and what is unpacked, and CUDA's. */
const EXPECTED_BYTES = { cpu: 1.2e9, gpu: 12e9 };

/**
 * Builds a native backend in a new folder, checks that it trains as WebAssembly does, and only then makes it the installation.
 * Whatever fails, and when the signal aborts: what was there before is there still, and nothing else.
 *
 * @throws InvalidInputError, IntegrityError, BackendInstallError naming the step that failed
 */
export async function installBackend(request: InstallRequest, context: InstallContext): Promise<Installed> {
  const machine = context.machine ?? thisMachine();
  checkMachine(machine);
  const compiler = findCompiler(context.environment);
  const given = request.wheel === undefined ? undefined : await readWheel(request.wheel, machine);
  const build = chooseBuild(request.build, given, machine);
  return withHome(request.home, async () => {
    const present = request.force ? undefined : await presentOne(request.home, build, given, context);
    if (present) return present;
    const folder = await newFolder(request.home);
    const wheel = given ?? (await download(build, folder, machine, context));
    await checkSpace(folder, wheel.bytes);
    const headers = join(folder, 'include');
    await unpack(wheel, folder, headers, context);
    if (build === 'gpu') await installCuda(wheel, folder, context);
    await rm(downloadFolder(folder), { recursive: true, force: true });
    step(context, 'packages', `Fetching @tensorflow/tfjs-node-gpu ${BINDING_VERSION} with npm`);
    await fetchPackages(layoutOf(folder).packages, context);
    step(context, 'compile', `Compiling the binding with ${compiler}, which takes about half a minute`);
    await compileBinding(folder, headers, { ...context, compiler });
    await rm(headers, { recursive: true });
    step(context, 'verify', 'Comparing a training step with WebAssembly');
    const check = await verifyBackend(folder, context);
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
    await commitInstallation(request.home, record);
    return describe({ folder, record }, check, false);
  });
}

function describe(installation: Installation, check: TrainingStepCheck, unchanged: boolean): Installed {
  const { folder, record } = installation;
  return {
    installation,
    check,
    unchanged,
    ...(check.gpu === undefined ? { whyNoGpu: whyNoGpu(record.tensorflow.build, folder) } : {}),
  };
}

const step = ({ output }: InstallContext, name: string, text: string) =>
  output.note('step', { step: name }, text);

const downloadFolder = (folder: string) => join(folder, 'downloads');

function checkMachine({ platform, architecture, glibc }: Machine) {
  const fits = platform === 'linux' && ['x64', 'arm64'].includes(architecture) && glibc !== undefined;
  if (fits) return;
  const what = `${platform} ${architecture}${platform === 'linux' && glibc === undefined ? ' without the GNU C library' : ''}`;
  throw new BackendInstallError(`The native backend can be installed on Linux (x64, arm64), not on ${what}`, {
    hint: 'WebAssembly computes here; it uses all cores in training.',
  });
}

function chooseBuild(wanted: 'cpu' | 'gpu' | undefined, wheel: Wheel | undefined, machine: Machine) {
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

/** What is installed already, if it is what is wanted and works. */
async function presentOne(
  home: string,
  build: 'cpu' | 'gpu',
  given: Wheel | undefined,
  context: InstallContext,
): Promise<Installed | undefined> {
  try {
    const found = findInstallation(home);
    if (found === undefined || found.record.binding !== BINDING_VERSION) return undefined;
    const { tensorflow } = found.record;
    const isWanted =
      given === undefined
        ? tensorflow.version.startsWith(`${TENSORFLOW_RELEASE}.`)
        : tensorflow.sha256 === given.sha256;
    if (!isWanted || tensorflow.build !== build) return undefined;
    return describe(found, await verifyBackend(found.folder, context), true);
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}

async function download(build: 'cpu' | 'gpu', folder: string, machine: Machine, context: InstallContext) {
  const python = findPython(context.environment);
  if (python === undefined) throw noPython();
  await checkSpace(folder, EXPECTED_BYTES[build]);
  const name = build === 'cpu' ? 'tensorflow-cpu' : 'tensorflow';
  step(context, 'download', `Downloading ${name} ${TENSORFLOW_RELEASE} with pip`);
  const [file] = await downloadWheels(python, [`${name}==${TENSORFLOW_RELEASE}.*`], downloadFolder(folder), {
    ...context,
    progress: context.output.progress('download', 'download'),
  });
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

async function checkSpace(folder: string, needed: number) {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new BackendInstallError(
    `There is not enough room in ${folder}: ${formatAmount(needed, 'B')} are needed, ${formatAmount(free, 'B')} are free`,
    { hint: 'Make room on that disk.' },
  );
}
