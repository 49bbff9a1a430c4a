import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { fingerprint, repository } from './fingerprint.ts';

/** Where the bundles of `container/` are: what the Dockerfile copies and what the local AWS runs. */
export const containerFolder = join(repository, '.build', 'container');

/**
 * Bundles `container/train.ts`, `container/serve.ts` and the threads that they start to `.build/container/*.mjs`.
 *
 * @returns the image tag: a digest of all that goes into the image
 */
export async function buildContainer(): Promise<string> {
  const digest = await fingerprint([
    'container',
    'core',
    'model',
    'package-lock.json',
    'scripts/build-container.ts',
  ]);
  const stamp = join(containerFolder, 'fingerprint');
  const tag = digest.slice(0, 16);
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return tag;
  await rm(containerFolder, { recursive: true, force: true });
  await mkdir(containerFolder, { recursive: true });
  await build({
    absWorkingDir: repository,
    entryPoints: {
      train: 'container/train.ts',
      serve: 'container/serve.ts',
      // Beside the programs, where `model/feature-threads.ts` and `model/parallel-training.ts` look for them.
      'feature-thread': 'model/feature-worker.ts',
      'training-thread': 'model/training-worker.ts',
    },
    outdir: containerFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    // Packages with binaries (or many files of their own) stay packages; everything else goes into the bundle.
    external: ['sharp', '@tensorflow/*', 'pino'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await writeFile(stamp, digest);
  return tag;
}
