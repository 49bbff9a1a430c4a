import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What a folder looks like: the names, sizes and times of everything in it. It changes with every write; no
 * content is read.
 *
 * @returns undefined where there is no such folder
 */
export async function lookOf(folder: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  const visit = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(at, entry.name);
      const status = await stat(path).catch(() => undefined);
      hash.update(`${path}\0${status?.size}\0${status?.mtimeMs}\n`);
      if (status?.isDirectory()) await visit(path);
    }
  };
  try {
    await visit(folder);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

/** Notices when folders have come to rest. */
export interface Settling {
  /**
   * @returns its look, once nothing has been written to it for long enough or its marker is there; undefined
   *   until then
   */
  settled(folder: string): Promise<string | undefined>;
}

export interface SettlingOptions {
  /** Milliseconds without any change. */
  quietMs: number;
  /** A file within the folder that says that it is complete. */
  marker: string;
  /** Milliseconds, monotonic: the folder's own times may be of a machine with another clock. */
  now(): number;
}

export function createSettling({ quietMs, marker, now }: SettlingOptions): Settling {
  const seen = new Map<string, { look: string; since: number }>();
  return {
    async settled(folder) {
      const look = await lookOf(folder);
      if (look === undefined) {
        seen.delete(folder);
        return undefined;
      }
      const before = seen.get(folder);
      if (before?.look !== look) seen.set(folder, { look, since: now() });
      const isMarked = await stat(join(folder, marker)).then(
        (status) => status.isFile(),
        () => false,
      );
      return isMarked || now() - seen.get(folder)!.since >= quietMs ? look : undefined;
    },
  };
}
