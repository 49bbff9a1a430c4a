import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Programs that stand in for real ones: a folder of shell scripts, and an environment that finds nothing
 * else.
 *
 * @param scripts by name; `$@` are the arguments
 */
export async function programs(folder: string, scripts: Record<string, string>): Promise<NodeJS.ProcessEnv> {
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return { PATH: folder };
}
