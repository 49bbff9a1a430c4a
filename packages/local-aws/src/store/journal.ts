import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * An append-only list of JSON entries, a line each in one file: for lists that grow (an execution's history,
 * a log stream), since appending writes the new entry only. Opening drops a last line that a kill cut short.
 * Entries are handed to the operating system at once, so they survive a kill of the process; they are not
 * flushed to disk.
 */
export class Journal<T> {
  readonly #path: string;
  readonly #entries: T[] = [];

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) return;
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole < bytes.length) truncateSync(path, whole);
    for (const line of bytes.subarray(0, whole).toString('utf8').split('\n')) {
      if (line !== '') this.#entries.push(JSON.parse(line) as T);
    }
  }

  append(...entries: T[]): void {
    if (entries.length === 0) return;
    appendFileSync(this.#path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    this.#entries.push(...entries);
  }

  /** All entries, oldest first. Do not change them. */
  entries(): readonly T[] {
    return this.#entries;
  }

  /** Removes the file and every entry. */
  clear(): void {
    rmSync(this.#path, { force: true });
    this.#entries.length = 0;
  }
}
