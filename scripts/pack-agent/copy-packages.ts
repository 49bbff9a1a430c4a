import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { repository } from '../fingerprint.ts';
import { isKept } from './kept-files.ts';

/** The fields of a package's `package.json` that are read or changed here. */
interface PackageFile {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  [field: string]: unknown;
}

/**
 * Copies packages of this repository's `node_modules`, without what is not needed to run them. Their
 * `package.json` names only what is copied, and no script: npm then neither asks the registry for anything
 * nor runs anything.
 *
 * @param paths as the lock file has them, `node_modules/sharp`
 */
export async function copyPackages(
  paths: readonly string[],
  target: string,
  platform: string,
): Promise<void> {
  const copied = new Set(paths.map(nameOf));
  for (const path of paths) {
    const from = join(repository, path);
    const file = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as PackageFile;
    for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const source = join(entry.parentPath, entry.name);
      const within = relative(from, source);
      if (within.includes('node_modules') || !isKept(file.name, within, platform)) continue;
      await mkdir(dirname(join(target, path, within)), { recursive: true });
      await cp(source, join(target, path, within));
    }
    await writeFile(
      join(target, path, 'package.json'),
      `${JSON.stringify(onlyRun(file, copied), null, 2)}\n`,
    );
  }
}

function onlyRun(file: PackageFile, copied: ReadonlySet<string>): PackageFile {
  const { scripts: _, devDependencies: __, ...kept } = file;
  const among = (list: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(list).filter(([name]) => copied.has(name)));
  return {
    ...kept,
    dependencies: { ...among(file.dependencies), ...among(file.optionalDependencies) },
    optionalDependencies: {},
  };
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Packages of a list that are installed here: those for other platforms are not. */
export async function installedAmong(paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    paths.map((path) =>
      stat(join(repository, path, 'package.json')).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index]);
}

/** The licences of packages whose code is within the bundles, as one text. */
export async function licencesOf(folders: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const from = join(repository, folder);
      const { name, version, license } = JSON.parse(
        await readFile(join(from, 'package.json'), 'utf8'),
      ) as PackageFile;
      const file = (await readdir(from)).find((each) => /^licen[cs]e/i.test(each));
      const text = file === undefined ? '' : await readFile(join(from, file), 'utf8');
      return `${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`;
    }),
  );
  return texts.join(`\n${'='.repeat(80)}\n\n`);
}
