import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The program `local-aws` as few files: reading and translating its sources and packages would cost each
 * start seconds of a processor. It lies in this package, since functions are given packages from there.
 *
 * @returns its folder, to be removed, and the program
 */
export async function bundleProgram(): Promise<{ folder: string; program: string }> {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'command-'));
  await build({
    entryPoints: { main: join(root, 'src/command/main.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported when it is needed stays out of the start.
    splitting: true,
    // It finds a file of its own beside it.
    external: ['pino'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  // Lambda's processes start from there.
  cpSync(join(root, 'src/services/lambda/runtime'), join(folder, 'runtime'), { recursive: true });
  return { folder, program: join(folder, 'main.mjs') };
}
