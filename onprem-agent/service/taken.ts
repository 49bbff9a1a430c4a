import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../spool/replace-file.ts';

/** Which look of a folder the service has taken, over restarts and reboots. */
export interface Taken {
  /** @returns the look that was noted last; undefined where none was */
  noted(folder: string): Promise<string | undefined>;
  note(folder: string, look: string): Promise<void>;
}

export function openTaken(state: string): Taken {
  const folderOf = join(state, 'taken');
  const fileOf = (folder: string) =>
    join(folderOf, createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24));
  return {
    async noted(folder) {
      const noted = await readFile(fileOf(folder), 'utf8').catch(() => undefined);
      return noted?.trim();
    },
    async note(folder, look) {
      await mkdir(folderOf, { recursive: true, mode: 0o700 });
      await replaceFile(fileOf(folder), `${look}\n`);
    },
  };
}
