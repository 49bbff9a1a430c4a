import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../fingerprint.ts';

/** An entry of `packages` in package-lock.json, reduced to the fields that are used here. */
interface LockedPackage {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Lock {
  lockfileVersion: number;
  packages: Record<string, LockedPackage>;
}

/** Dependencies that only an install script loads, and install scripts do not run. */
const OF_INSTALL_SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['adm-zip', 'global-agent'],
};

/**
 * `package.json` and `package-lock.json` of the image: the packages that its programs load, with their
 * dependencies, in the versions of the repository's lock file. Packages that only Lambda functions or the
 * agent need do not affect the image.
 *
 * @param names as they are imported
 * @throws Error when one of them is not in the lock file
 */
export async function runtimePackages(
  names: readonly string[],
): Promise<Record<'package.json' | 'package-lock.json', string>> {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as Lock;
  const dependencies = Object.fromEntries(
    [...names].sort().map((name) => {
      const version = lock.packages[`node_modules/${name}`]?.version;
      if (version === undefined)
        throw new Error(`The image loads "${name}", which package-lock.json does not have`);
      return [name, version];
    }),
  );
  const root = { name: 'graft-image', version: '0.0.0', private: true, dependencies };
  const packages = { '': root, ...closure(lock, names) };
  const { lockfileVersion } = lock;
  return {
    'package.json': `${JSON.stringify(root, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify({ ...root, lockfileVersion, requires: true, packages }, null, 2)}\n`,
  };
}

function closure(lock: Lock, names: readonly string[]): Record<string, LockedPackage> {
  const found = new Map<string, LockedPackage>();
  const visit = (name: string, from: string) => {
    const path = findPackage(lock, name, from);
    // An optional package for another platform may be missing from a lock file.
    if (path === undefined || found.has(path)) return;
    const locked = withoutInstallScript(name, lock.packages[path]!);
    found.set(path, locked);
    for (const each of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }))
      visit(each, path);
  };
  for (const name of names) visit(name, '');
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** npm takes a package's dependencies from the lock file, so they can be left out there. */
function withoutInstallScript(name: string, locked: LockedPackage): LockedPackage {
  const unused = OF_INSTALL_SCRIPTS[name];
  if (unused === undefined) return locked;
  const kept = Object.entries(locked.dependencies ?? {}).filter(([each]) => !unused.includes(each));
  return { ...locked, dependencies: Object.fromEntries(kept) };
}

/**
 * Finds a package as Node.js does: in the `node_modules` of the importing folder, then of each folder above.
 */
function findPackage(lock: Lock, name: string, from: string): string | undefined {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (path in lock.packages) return path;
  if (from === '') return undefined;
  const above = from.slice(0, from.lastIndexOf('node_modules/')).replace(/\/$/, '');
  return findPackage(lock, name, above);
}
