import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fingerprint, repository } from '../fingerprint.ts';
import { dockerfilePath, readDockerfile } from './dockerfile.ts';

/**
 * SHA-256 over everything in the image: the Dockerfile, which names the base image by its digest, and names
 * and contents of the files that it copies. Modes and times of files do not count.
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
 * The paths of a source of COPY. Our Dockerfile has stars in file names only.
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
