import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingCudaLibraries } from '#model/tensorflow/gpu.ts';
import { layoutOf } from '#model/tensorflow/installation.ts';
import type { Output } from '../../cli/output.ts';
import { downloadWheels, findPython, noPython } from './pip.ts';
import type { Wheel } from './wheel.ts';
import { listZip, unpackZip } from './zip.ts';

const LIBRARY = /^nvidia\/[^/]+\/lib\/[^/]+\.so[^/]*$/;

/**
 * Adds the CUDA 12 and cuDNN libraries that the wheel asks for, from NVIDIA's wheels beside TensorFlow's
 * wheel or from the network. Adds nothing if the system has them all.
 *
 * @throws BackendInstallError when a library cannot be found or downloaded
 */
export async function installCuda(
  wheel: Wheel,
  folder: string,
  context: { environment: NodeJS.ProcessEnv; signal: AbortSignal; output: Output },
): Promise<void> {
  const { output, signal } = context;
  if (missingCudaLibraries().length === 0) {
    output.note('step', { step: 'cuda', from: 'system' }, 'CUDA 12 and cuDNN 9 are those of the system');
    return;
  }
  const files = (await wheelsBeside(wheel)) ?? (await download(wheel, folder, context));
  const total = (await Promise.all(files.map(listZip)))
    .flat()
    .filter(({ fileName }) => LIBRARY.test(fileName))
    .reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  output.note('step', { step: 'cuda', from: 'wheels' }, `Unpacking CUDA 12 from ${files.length} wheels`);
  const progress = output.progress('unpack', 'unpack');
  let done = 0;
  try {
    for (const file of files) {
      await unpackZip(file, {
        signal,
        target: (name) => (LIBRARY.test(name) ? join(layoutOf(folder).libraries, name) : undefined),
        onBytes: (bytes) => {
          done += bytes;
          progress.update({ done, total, unit: 'B' });
        },
      });
    }
  } finally {
    progress.end();
  }
}

/** In a closed network a person has downloaded them elsewhere, together with TensorFlow's. */
async function wheelsBeside(wheel: Wheel): Promise<string[] | undefined> {
  const folder = dirname(wheel.file);
  const names = await readdir(folder);
  const files = wheel.cuda.map((requirement) => {
    const prefix = `${/^[\w.-]+/.exec(requirement)![0].replaceAll(/[-_.]+/g, '_')}-`;
    return names.find((name) => name.startsWith(prefix) && name.endsWith('.whl'));
  });
  if (files.length === 0 || files.includes(undefined)) return undefined;
  return files.map((name) => join(folder, name!));
}

async function download(
  wheel: Wheel,
  folder: string,
  context: { environment: NodeJS.ProcessEnv; signal: AbortSignal; output: Output },
) {
  const python = findPython(context.environment);
  if (python === undefined) throw noPython();
  context.output.note(
    'step',
    { step: 'download' },
    `Downloading CUDA 12 for TensorFlow ${wheel.version} with pip: ${wheel.cuda.length} packages, some gigabytes`,
  );
  return downloadWheels(python, wheel.cuda, join(folder, 'downloads', 'cuda'), {
    ...context,
    progress: context.output.progress('download', 'download'),
  });
}
