import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint, repository } from './fingerprint.ts';

/** Folder of the functions' archives as they were built last. */
const keptIn = join(repository, '.build', 'functions');

/** All that decides what is in the archives. A stage's settings are not: the template has them. */
const sources = [
  ...['core', 'cloud', 'functions', 'serverless.yml', 'infrastructure/bundles.cjs'],
  ...['package-lock.json', 'tsconfig.json', 'scripts/build-functions.ts'],
];

/** What the functions are built from, as it is now. */
export const functionsFingerprint = (): Promise<string> => fingerprint(sources);

/**
 * Copies the archives to `folder`, where they were built from just what there is now. Bundling them is nearly
 * all of the time that packaging takes, and another stage has the same.
 *
 * @returns whether it has
 */
export async function takeBuiltFunctions(folder: string, digest: string, kept = keptIn): Promise<boolean> {
  const digestOfKept = await readFile(join(kept, 'fingerprint'), 'utf8').catch(() => undefined);
  if (digestOfKept !== digest) return false;
  await copyArchives(kept, folder);
  return true;
}

/** Keeps the archives of `folder` for the next time. */
export async function keepBuiltFunctions(folder: string, digest: string, kept = keptIn): Promise<void> {
  const fresh = `${kept}.new`;
  await rm(fresh, { recursive: true, force: true });
  await copyArchives(folder, fresh);
  await writeFile(join(fresh, 'fingerprint'), digest);
  await rm(kept, { recursive: true, force: true });
  await rename(fresh, kept);
}

async function copyArchives(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const archives = (await readdir(from)).filter((name) => name.endsWith('.zip'));
  await Promise.all(archives.map((name) => copyFile(join(from, name), join(to, name))));
}
