import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fingerprint, repository } from '../fingerprint.ts';
import { dockerfilePath, readDockerfile } from './dockerfile.ts';

/**
 * SHA-256 over all that goes into the image: the Dockerfile, in which the base has its digest, and names and
 * contents of everything that it copies. Modes and times of files do not count.
 *
 * @throws Error when a source of COPY is not there
 */
export async function imageDigest(root = repository): Promise<string> {
  const { sources } = await readDockerfile(root);
  const paths = await Promise.all(sources.map((source) => expand(source, root)));
  const files = new Set([dockerfilePath, `${dockerfilePath}.dockerignore`, ...paths.flat()]);
  return fingerprint([...files], [], root);
}

/**
 * The paths that a source of COPY stands for. A star stands in a file's name only, as far as our Dockerfile
 * goes.
 */
async function expand(source: string, root: string): Promise<string[]> {
  if (!source.includes('*')) return [source];
  const folder = dirname(source);
  const [start, end] = basename(source).split('*') as [string, string];
  const names = await readdir(join(root, folder));
  const found = names.filter((name) => name.startsWith(start) && name.endsWith(end)).sort();
  if (found.length === 0) throw new Error(`"${source}" in the Dockerfile stands for no file`);
  return found.map((name) => `${folder}/${name}`);
}
