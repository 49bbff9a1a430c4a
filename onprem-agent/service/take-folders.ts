import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandEnd } from './run-graft.ts';
import type { Settling } from './settle.ts';
import type { Taken } from './taken.ts';

/** A folder that the service watches, and the command that takes one that is complete. */
export interface Watched {
  folder: string;
  /** Whether each folder in it is taken by itself, where it is not one itself. */
  kind: 'models' | 'data';
  /** Words of the command for a folder. */
  command(folder: string): string[];
}

export interface TakingOptions {
  watched: readonly Watched[];
  settling: Settling;
  taken: Taken;
  run(words: readonly string[]): Promise<CommandEnd>;
  onTaken(folder: string, end: CommandEnd): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Milliseconds after which a folder is tried again that could not be taken and has not changed. */
const AGAIN_MS = 5 * 60_000;

/** Takes what is complete in the watched folders, one after another. */
export function createTaking({ watched, settling, taken, run, onTaken, now }: TakingOptions) {
  const failedAt = new Map<string, { look: string; at: number }>();
  return {
    async look(): Promise<void> {
      for (const each of watched) {
        for (const folder of await candidates(each)) {
          const look = await settling.settled(folder);
          if (look === undefined || (await taken.noted(folder)) === look) continue;
          const failed = failedAt.get(folder);
          if (failed?.look === look && now() - failed.at < AGAIN_MS) continue;
          const end = await run(each.command(folder));
          if (end.code === 0) await taken.note(folder, look);
          else failedAt.set(folder, { look, at: now() });
          onTaken(folder, end);
        }
      }
    },
  };
}

async function candidates({ folder, kind }: Watched): Promise<string[]> {
  if (kind === 'data' || (await hasManifest(folder))) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries
    // `graft train` works in hidden folders.
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
    .map((entry) => join(folder, entry.name))
    .sort();
  const found: string[] = [];
  for (const each of folders) if (await hasManifest(each)) found.push(each);
  return found;
}

const hasManifest = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.includes('manifest.json'),
    () => false,
  );
