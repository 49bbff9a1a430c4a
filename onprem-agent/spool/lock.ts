import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Identity, identitySchema, isAlive, ownIdentity } from './identity.ts';

/** A lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

const NUMBERED = /^lock\.(\d+)$/;
/** Content of a lock's file that its holder has released. */
const FREE = 'free';

/**
 * Takes the lock of a folder, also from a process that has ended without releasing it. Locks have numbers,
 * and the highest one counts: to take over is to be the first who makes the next number. So two processes
 * that see the same dead holder never both succeed.
 *
 * @returns the holder where there is one, and undefined where the folder has gone
 */
export async function takeLock(folder: string, now = new Date()): Promise<Lock | Identity | undefined> {
  const own = join(folder, `.lock-${process.pid}-${now.getTime()}-${Math.random().toString(36).slice(2)}`);
  try {
    await writeFile(own, JSON.stringify(ownIdentity(now)), { flag: 'wx' });
    for (;;) {
      const { highest, holder } = await look(folder);
      if (holder !== undefined) return holder;
      const number = highest + 1;
      // A link is made whole or not at all: a lock that is still being written is never read.
      const made = await link(own, fileOf(folder, number)).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (!made || (await look(folder)).highest !== number) continue;
      await removeBelow(folder, number);
      return { release: () => release(folder, number) };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

export const isLock = (taken: Lock | Identity | undefined): taken is Lock =>
  taken !== undefined && 'release' in taken;

/** The process that holds the lock of a folder; undefined where none does. */
export async function lockHolder(folder: string): Promise<Identity | undefined> {
  return (await look(folder).catch(() => undefined))?.holder;
}

const fileOf = (folder: string, number: number) => join(folder, `lock.${number}`);

async function look(folder: string): Promise<{ highest: number; holder: Identity | undefined }> {
  const numbers = (await readdir(folder)).flatMap((name) => NUMBERED.exec(name)?.slice(1).map(Number) ?? []);
  const highest = Math.max(0, ...numbers);
  if (highest === 0) return { highest, holder: undefined };
  const text = await readFile(fileOf(folder, highest), 'utf8').catch(() => FREE);
  const parsed = text === FREE ? undefined : identitySchema.safeParse(parseOrNothing(text));
  const holder = parsed?.success && isAlive(parsed.data) ? parsed.data : undefined;
  return { highest, holder };
}

/** The number stays, so that a process that looked before it was released cannot make it again. */
async function release(folder: string, number: number): Promise<void> {
  const temporary = join(folder, `.lock-free-${process.pid}-${number}`);
  try {
    await writeFile(temporary, FREE);
    await rename(temporary, fileOf(folder, number));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function removeBelow(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const older = Number(NUMBERED.exec(name)?.[1] ?? number);
    if (older < number) await rm(join(folder, name), { force: true });
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
