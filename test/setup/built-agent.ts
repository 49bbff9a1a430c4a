import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint } from '../../scripts/fingerprint.ts';
import { bundleAgent } from '../../scripts/pack-agent/bundle.ts';
import { writeProgram } from '../../scripts/pack-agent/program.ts';

/** All that decides what is built. */
const sources = [
  ...['onprem-agent', 'core', 'cloud', 'model', 'package-lock.json'],
  ...['scripts/pack-agent', 'test/setup/built-agent.ts'],
];

/**
 * Bundles the agent as its tarball has it, to `<folder>/dist/`. Nothing is done when nothing has changed.
 * Translating the sources anew would cost each process of a test a second or two, and each thread half a
 * second.
 */
export async function buildAgent(folder: string): Promise<void> {
  const digest = await fingerprint(sources);
  const stamp = join(folder, 'fingerprint');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await bundleAgent(folder);
  await writeProgram(folder);
  await writeFile(stamp, digest);
}
