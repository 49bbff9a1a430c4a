import { spawnSync } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackendInstallError } from '../../cli/errors.ts';
import type { Progress } from '../../cli/output.ts';
import { runProgram } from './run-program.ts';

/** The release that Graft is tested with. Any patch of it may be installed. */
export const TENSORFLOW_RELEASE = '2.21';

/** Versions of Python that have wheels. The libraries in the wheels are the same. */
const FALLBACK_PYTHON = '3.12';

const POLL_MILLISECONDS = 250;

/** Finds a Python with pip.
 *
 * @returns undefined when there is none
 */
export function findPython(environment: NodeJS.ProcessEnv): string | undefined {
  return ['python3', 'python'].find(
    (command) => spawnSync(command, ['-m', 'pip', '--version'], { env: environment }).status === 0,
  );
}

/** The error when a wheel is needed and there is no Python. */
export const noPython = () =>
  new BackendInstallError('There is no Python with pip to download TensorFlow with', {
    hint: `Install it (Debian and Ubuntu: \`apt-get install python3-pip\`), or run \`pip download --no-deps tensorflow-cpu==${TENSORFLOW_RELEASE}.*\` elsewhere and give the file with --wheel.`,
  });

/**
 * Downloads wheels without their dependencies. If no wheel fits the installed Python, it takes one for
 * another version: no Python will run it.
 *
 * @param python from `findPython`
 * @param folder receives the wheels, and pip's temporary files meanwhile
 * @returns their paths
 * @throws BackendInstallError with pip's last lines
 */
export async function downloadWheels(
  python: string,
  requirements: readonly string[],
  folder: string,
  context: { environment: NodeJS.ProcessEnv; signal: AbortSignal; progress: Progress },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const watch = watchDownload(folder, context.progress);
  const run = (selection: readonly string[]) =>
    runProgram({
      command: python,
      args: [
        ...['-m', 'pip', 'download', '--disable-pip-version-check', '--progress-bar', 'off', '--no-input'],
        ...['--no-deps', '--only-binary=:all:', ...selection, '--dest', folder, ...requirements],
      ],
      folder,
      // pip's temporary files: on this disk, and removed with the folder after an interruption.
      environment: { ...context.environment, TMPDIR: folder, PYTHONUNBUFFERED: '1' },
      signal: context.signal,
      onLine: watch.read,
      hint: 'pip has to reach an index that has it (see `pip config list`). Elsewhere: `pip download --no-deps`, and give the file with --wheel.',
    });
  try {
    await run([]).catch((error: unknown) => {
      if (!(error instanceof BackendInstallError) || !/No matching distribution/.test(error.message))
        throw error;
      return run(['--python-version', FALLBACK_PYTHON, '--implementation', 'cp']);
    });
  } finally {
    watch.end();
  }
  const names = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  return names.map((name) => join(folder, name));
}

/**
 * pip shows its progress on terminals only. So this reads the expected size from its output, and the present
 * size from the disk.
 */
function watchDownload(folder: string, progress: Progress) {
  let total = 0;
  const timer = setInterval(async () => {
    const done = await sizeOf(folder);
    if (total > 0) progress.update({ done: Math.min(done, total), total, unit: 'B' });
  }, POLL_MILLISECONDS);
  return {
    /** @example `  Downloading tensorflow-2.21.0-cp312-….whl (620.9 MB)` */
    read(line: string) {
      const size = /Downloading .*\.whl.*\(([\d.]+) ([kMG]?B)\)/.exec(line);
      if (size) total += Number(size[1]) * { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[size[2] as 'B']!;
    },
    end() {
      clearInterval(timer);
      progress.end();
    },
  };
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
