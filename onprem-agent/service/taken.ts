import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceFile } from '../spool/replace-file.ts';

/** Which state of a folder the service has taken, over restarts and reboots. */
export interface Taken {
  is(folder: string, look: string): Promise<boolean>;
  note(folder: string, look: string): Promise<void>;
}

export function openTaken(state: string): Taken {
  const folderOf = join(state, 'taken');
  const fileOf = (folder: string) =>
    join(folderOf, createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24));
  return {
    async is(folder, look) {
      const noted = await readFile(fileOf(folder), 'utf8').catch(() => '');
      return noted.trim() === look;
    },
    async note(folder, look) {
      await mkdir(folderOf, { recursive: true, mode: 0o700 });
      await replaceFile(fileOf(folder), `${look}\n`);
    },
  };
}
