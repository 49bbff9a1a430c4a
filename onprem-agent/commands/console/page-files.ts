import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PageFiles } from '../../../console/server/start.ts';
import { packageRoot } from '../../package-root.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * The files of the console's page: those that lie beside an installed agent, or made now in the repository.
 */
export async function readPageFiles(): Promise<PageFiles> {
  const folder = join(packageRoot(), 'dist', 'console');
  const names = await readdir(folder).catch(() => undefined);
  const files =
    names === undefined
      ? await built()
      : await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
  return new Map(files.map(({ name, bytes }) => [`/${name}`, { bytes, type: TYPES[extname(name)] ?? '' }]));
}

/**
 * An installed agent has no bundler, so its bundle must not look for one: hence a path that is put together.
 */
async function built(): Promise<{ name: string; bytes: Uint8Array }[]> {
  const script = pathToFileURL(join(packageRoot(), 'scripts', 'build-console.ts')).href;
  const { buildConsole } = (await import(script)) as {
    buildConsole(): Promise<{ files: { name: string; bytes: Uint8Array }[] }>;
  };
  return (await buildConsole()).files;
}
