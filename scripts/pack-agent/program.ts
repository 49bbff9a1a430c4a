import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes `<folder>/dist/graft.mjs`, which starts what `bundleAgent` has put beside it: what
 * `onprem-agent/bin.mjs` is in the repository.
 *
 * @returns its path
 */
export async function writeProgram(folder: string): Promise<string> {
  const file = join(folder, 'dist', 'graft.mjs');
  const text = [
    '#!/usr/bin/env node',
    "import { availableParallelism } from 'node:os';",
    "process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';",
    'process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));',
    "await import('./main.mjs');",
  ].join('\n');
  await writeFile(file, `${text}\n`);
  await chmod(file, 0o755);
  return file;
}
