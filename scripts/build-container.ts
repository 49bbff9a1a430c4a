import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { fingerprint, repository } from './fingerprint.ts';
import { imageDigest } from './image/image-digest.ts';
import { runtimePackages } from './image/runtime-packages.ts';

/** Folder of the bundles of `container/`, which the Dockerfile copies and the local AWS runs. */
export const containerFolder = join(repository, '.build', 'container');

/** Folder of the list of the image's packages. */
const imageFolder = join(repository, '.build', 'image');

/** Files and folders that decide what is built here. */
const inputs = [
  ...['container', 'core', 'model', 'package-lock.json'],
  ...['scripts/build-container.ts', 'scripts/image'],
];

const options: BuildOptions = {
  absWorkingDir: repository,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Packages with binaries or many files of their own stay packages. Everything else goes into the bundle.
  external: ['sharp', '@tensorflow/*', 'onnxruntime-node', 'pino'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

/**
 * Bundles `container/train/train.ts`, `container/serve/serve.ts` and the threads that they start to
 * `.build/container/*.mjs`, and lists the image's packages in `.build/image/`. Skipped when nothing has
 * changed since the last time.
 *
 * @returns the image tag: a digest of all that goes into the image
 */
export async function buildContainer(): Promise<string> {
  const digest = await fingerprint(inputs);
  const stamp = join(containerFolder, 'fingerprint');
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== digest) {
    await rm(containerFolder, { recursive: true, force: true });
    await rm(imageFolder, { recursive: true, force: true });
    await mkdir(imageFolder, { recursive: true });
    const packages = await bundlePrograms();
    for (const [name, text] of Object.entries(await runtimePackages(packages))) {
      await writeFile(join(imageFolder, name), text);
    }
    await writeFile(stamp, digest);
  }
  return (await imageDigest()).slice(0, 16);
}

/** @returns names of the packages that the programs load */
async function bundlePrograms(): Promise<string[]> {
  const { metafile } = await build({
    ...options,
    entryPoints: {
      train: 'container/train/train.ts',
      serve: 'container/serve/serve.ts',
      // Beside the programs, where `model/threads/run-threads.ts` looks for it.
      thread: 'model/threads/thread.ts',
    },
    outdir: containerFolder,
    // What a program imports when it is needed stays out of its start: threads that infer load no
    // TensorFlow.js.
    splitting: true,
    sourcemap: true,
    // Line numbers are all that a stack trace takes from them.
    sourcesContent: false,
    metafile: true,
  });
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const packages = imported
    .filter(({ path, external }) => external && !isBuiltin(path))
    .map(({ path }) => path);
  return [...new Set(packages)].sort();
}
