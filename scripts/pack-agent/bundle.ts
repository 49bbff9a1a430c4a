import { isBuiltin } from 'node:module';
import { build, type Metafile } from 'esbuild';
import { repository } from '../fingerprint.ts';

/** Packages with binaries, or with files that they look for beside their own: they stay packages. */
const EXTERNAL = ['sharp', '@tensorflow/*', 'onnxruntime-node', 'pino', 'webgpu'];

/** What the native packages of TensorFlow.js are called: `graft backend install` brings them. */
const INSTALLED_LATER = /^@tensorflow\/tfjs-node(-gpu)?$/;

export interface Bundled {
  /** Names of the packages that the bundles load, as they are imported. */
  loaded: string[];
  /** Folders of the packages whose code is within the bundles, relative to the repository. */
  within: string[];
}

/**
 * Bundles the agent's program, and the programs and threads that it starts, to `<folder>/dist/`. What a
 * command imports when it runs stays out of the start, as in the repository.
 */
export const bundleAgent = (folder: string): Promise<Bundled> =>
  bundlePrograms(`${folder}/dist`, {
    main: 'onprem-agent/main.ts',
    // Beside the program, where `start-thread.ts` and `verify.ts` look for them.
    thread: 'model/threads/thread.ts',
    verify: 'onprem-agent/commands/backend/verify-program.ts',
  });

/** @param entryPoints files of the repository by the names of their bundles */
export async function bundlePrograms(outdir: string, entryPoints: Record<string, string>): Promise<Bundled> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    // What is imported when it is needed has names only as a module: a CommonJS chunk has but a default.
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    // Names stay, for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return { loaded: loadedBy(metafile), within: packagesIn(metafile) };
}

function loadedBy({ outputs }: Metafile): string[] {
  const imported = Object.values(outputs).flatMap((output) => output.imports);
  const names = imported
    .filter(({ path, external }) => external && !isBuiltin(path) && !INSTALLED_LATER.test(path))
    .map(({ path }) => /^(@[^/]+\/)?[^/]+/.exec(path)![0]);
  return [...new Set(names)].sort();
}

/** Folders of the packages whose code is within a bundle, relative to the repository. */
export function packagesIn({ inputs }: Metafile): string[] {
  const folders = Object.keys(inputs).flatMap(
    (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return [...new Set(folders)].sort();
}
