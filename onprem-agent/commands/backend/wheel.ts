import { join } from 'node:path';
import { sha256OfFile } from '#core/digest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { type Entry, listZip, readZipText, unpackZip } from './zip.ts';

/** Libraries that the binding is linked with. */
export const TENSORFLOW_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** Headers that the binding includes, and those that they include. */
const HEADERS = /^tensorflow\/include\/(tensorflow\/(c|core\/platform)|tsl|xla\/tsl)\/.*\.h$/;

/** A wheel of TensorFlow that fits this machine. */
export interface Wheel {
  file: string;
  sha256: string;
  version: string;
  build: 'cpu' | 'gpu';
  /** Requirements on NVIDIA's packages, as pip understands them; what `tensorflow[and-cuda]` would add. */
  cuda: string[];
  /** Bytes of the unpacked files. */
  bytes: number;
}

/** The machine that a wheel has to fit. */
export interface Machine {
  platform: NodeJS.Platform;
  architecture: NodeJS.Architecture;
  /** Version of the GNU C library; undefined if the machine has another C library. */
  glibc: string | undefined;
}

export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, architecture: process.arch, glibc: header.glibcVersionRuntime };
}

/**
 * Reads a wheel's metadata only.
 *
 * @throws InvalidInputError when it is not a wheel of TensorFlow for this machine
 */
export async function readWheel(file: string, machine: Machine): Promise<Wheel> {
  const entries = await listZip(file);
  const find = (pattern: RegExp) => entries.find(({ fileName }) => pattern.test(fileName));
  const about = { wheel: find(/^[^/]+\.dist-info\/WHEEL$/), metadata: find(/^[^/]+\.dist-info\/METADATA$/) };
  if (!about.wheel || !about.metadata) {
    throw new InvalidInputError(`"${file}" is no Python wheel: it has no .dist-info/WHEEL and METADATA`);
  }
  const metadata = await readZipText(file, about.metadata);
  const name = field(metadata, 'Name') ?? 'unknown';
  const version = field(metadata, 'Version') ?? 'unknown';
  const lacking = [...TENSORFLOW_LIBRARIES, 'include/tensorflow/c/eager/c_api.h'].filter(
    (each) => !entries.some(({ fileName }) => fileName === `tensorflow/${each}`),
  );
  if (lacking.length > 0) {
    throw new InvalidInputError(
      `"${file}" is the wheel of ${name} ${version}, and has no tensorflow/${lacking[0]}`,
      { hint: 'Give a wheel of tensorflow-cpu, or of tensorflow for a GPU, built for Linux.' },
    );
  }
  checkTags(file, fields(await readZipText(file, about.wheel), 'Tag'), machine);
  return {
    file,
    sha256: (await sha256OfFile(file)).sha256,
    version,
    build: /[-_]cpu/.test(name) || machine.architecture === 'arm64' ? 'cpu' : 'gpu',
    cuda: cudaRequirements(metadata),
    bytes: entries.filter(isNeeded).reduce((sum, entry) => sum + entry.uncompressedSize, 0),
  };
}

/**
 * Unpacks what the binding needs: the libraries into `libraries` (a folder like Python's site-packages), the
 * headers into `headers`.
 *
 * @throws IntegrityError when the wheel is damaged
 * @throws the signal's reason
 */
export async function unpackWheel(
  wheel: Wheel,
  to: { libraries: string; headers: string },
  hooks: { onBytes?: (bytes: number) => void; signal: AbortSignal },
): Promise<void> {
  await unpackZip(wheel.file, {
    ...hooks,
    target: (name) => {
      if (isLibrary(name)) return join(to.libraries, name);
      return HEADERS.test(name) ? join(to.headers, name.slice('tensorflow/include/'.length)) : undefined;
    },
  });
}

const isLibrary = (name: string) => TENSORFLOW_LIBRARIES.some((each) => name === `tensorflow/${each}`);

const isNeeded = ({ fileName }: Entry) => isLibrary(fileName) || HEADERS.test(fileName);

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * @param tags for instance `cp311-cp311-manylinux_2_27_x86_64`: only the last part matters, since no Python
 *   will run it
 * @see https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
 */
function checkTags(file: string, tags: string[], machine: Machine) {
  const platforms = tags.map((tag) => tag.split('-').at(-1)!);
  const architecture = ARCHITECTURES[machine.architecture] ?? machine.architecture;
  const fitting = platforms.filter(
    (platform) => /^(many)?linux/.test(platform) && platform.endsWith(`_${architecture}`),
  );
  if (fitting.length === 0) {
    throw new InvalidInputError(
      `"${file}" is built for ${platforms.join(', ') || 'no platform'}, and this is ${machine.platform} ${machine.architecture}`,
      { hint: `Download one for manylinux and ${architecture}.` },
    );
  }
  const needed = fitting.map((platform) => /^manylinux_(\d+)_(\d+)_/.exec(platform)?.slice(1).map(Number));
  const here = machine.glibc?.split('.').map(Number);
  const enough = needed.some(
    (version) =>
      version === undefined ||
      (here !== undefined && (here[0]! > version[0]! || (here[0] === version[0] && here[1]! >= version[1]!))),
  );
  if (!enough) {
    throw new InvalidInputError(
      `"${file}" needs the GNU C library ${needed[0]!.join('.')}, and this machine has ${machine.glibc ?? 'another C library'}`,
      { hint: 'Use a newer distribution of Linux, or a wheel of an earlier TensorFlow.' },
    );
  }
}

/**
 * @example `nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"` → `nvidia-cublas-cu12<13.0,>=12.5.3.2`
 */
const cudaRequirements = (metadata: string) =>
  fields(metadata, 'Requires-Dist')
    .filter((requirement) => /extra == ['"]and-cuda['"]/.test(requirement))
    .map((requirement) => requirement.split(';', 1)[0]!.trim());

/** Values of a field in a wheel's metadata, which has the form of mail headers. */
const fields = (text: string, name: string) =>
  text
    .split(/\r?\n\r?\n/, 1)[0]!
    .split(/\r?\n/)
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2).trim());

const field = (text: string, name: string) => fields(text, name)[0];
