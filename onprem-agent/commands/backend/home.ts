import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BusyError, InvalidInputError } from '#core/errors.ts';
import { isRunning } from '#core/is-running.ts';
import {
  INSTALLED_FILE,
  type InstallationRecord,
  WEBGPU_FILE,
  type WebgpuRecord,
} from '#model/tensorflow/installation.ts';

const LOCK_FILE = 'lock';

/** What can be installed: the file that is its commit mark, and how its folder's name begins. */
const KINDS = {
  tensorflow: { mark: INSTALLED_FILE, prefix: 'tensorflow-' },
  webgpu: { mark: WEBGPU_FILE, prefix: 'webgpu-' },
} as const;

interface Records {
  tensorflow: InstallationRecord;
  webgpu: WebgpuRecord;
}

/**
 * Gives `work` the folder for backends for itself. At the end, it removes what `work` has not
 * committed with `commitInstallation`, and what a killed process has left.
 *
 * @throws BusyError when another process uses the folder
 */
export async function withHome<T>(home: string, work: () => Promise<T>): Promise<T> {
  await mkdir(home, { recursive: true }).catch((cause: unknown) => {
    throw new InvalidInputError(`The folder "${home}" cannot be made`, {
      cause,
      hint: `Backends are installed beside the program's node_modules: run it as someone who may write to ${dirname(home)}.`,
    });
  });
  await lock(home);
  try {
    return await work();
  } finally {
    await removeUncommitted(home);
  }
}

/** A new folder for `work` of `withHome` to fill. */
export async function newFolder(home: string, kind: keyof Records): Promise<string> {
  const folder = await mkdtemp(join(home, KINDS[kind].prefix));
  // Folders of mkdtemp are for their owner only, but the container installs as root and computes as an
  // ordinary user.
  await chmod(folder, 0o755);
  return folder;
}

/** Makes the folder that the record names the installation. */
export async function commitInstallation<K extends keyof Records>(
  home: string,
  kind: K,
  record: Records[K],
): Promise<void> {
  const { mark } = KINDS[kind];
  const draft = join(home, record.folder, mark);
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, join(home, mark));
}

/** Removes a commit mark. The installation itself is removed when `work` of `withHome` ends. */
export const withdrawInstallation = (home: string, kind: keyof Records) =>
  rm(join(home, KINDS[kind].mark), { force: true });

async function lock(home: string): Promise<void> {
  const file = join(home, LOCK_FILE);
  const text = String(process.pid);
  const make = () => writeFile(file, text, { flag: 'wx' });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && isRunning(owner)) {
      throw new BusyError(`Another process (${owner}) is changing the backends`, {
        hint: 'Wait until it is done.',
      });
    }
    await rm(file, { force: true });
    await make();
  });
}

/**
 * Removes the folders that are no installation's, then the lock, and the whole folder if it is empty.
 */
async function removeUncommitted(home: string): Promise<void> {
  for (const { mark, prefix } of Object.values(KINDS)) {
    const record = await readFile(join(home, mark), 'utf8').then(
      (text) => JSON.parse(text) as { folder?: string },
      () => undefined,
    );
    for (const name of await readdir(home)) {
      if (!name.startsWith(prefix) || name === record?.folder) continue;
      await rm(join(home, name), { recursive: true, force: true });
    }
  }
  await rm(join(home, LOCK_FILE), { force: true });
  await rmdir(home).catch(() => undefined);
}
