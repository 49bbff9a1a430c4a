import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Saves in a folder. If that fails (the disk is full or was unmounted), saves in a new folder below the
 * current, the home or the temporary folder, so that hours of work are not lost.
 *
 * @param target gives its name to the new folder
 * @returns where it was saved, and why not in the first folder
 * @throws the first failure, when it could not be saved anywhere
 */
export async function saveWithFallback<Saved>(
  target: string,
  folder: string,
  save: (folder: string) => Promise<Saved>,
): Promise<{ folder: string; value: Saved; failure?: unknown }> {
  try {
    return { folder, value: await save(folder) };
  } catch (failure) {
    for (const place of [process.cwd(), homedir(), tmpdir()]) {
      const other = await mkdtemp(join(place, `${basename(target)}-kept-`)).catch(() => undefined);
      if (other === undefined) continue;
      try {
        return { folder: other, value: await save(other), failure };
      } catch {
        await rm(other, { recursive: true, force: true });
      }
    }
    throw failure;
  }
}
