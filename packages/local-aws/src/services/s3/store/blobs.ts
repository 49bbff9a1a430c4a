import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Files that never change, under random names. A blob counts only once a record mentions it. An interrupted
 * upload is therefore invisible, and the next start removes it.
 */
export class Blobs {
  readonly #folder: string;
  /** Number of readers of each blob. A deleted object's blob stays until its last reader has finished. */
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** A new name; the file is the caller's to write. */
  create(): string {
    const blob = randomUUID();
    mkdirSync(join(this.#folder, blob.slice(0, 2)), { recursive: true });
    return blob;
  }

  path(blob: string): string {
    return join(this.#folder, blob.slice(0, 2), blob);
  }

  acquire(blobs: readonly string[]): void {
    for (const blob of blobs) this.#readers.set(blob, (this.#readers.get(blob) ?? 0) + 1);
  }

  release(blobs: readonly string[]): void {
    for (const blob of blobs) {
      const left = (this.#readers.get(blob) ?? 1) - 1;
      if (left > 0) this.#readers.set(blob, left);
      else {
        this.#readers.delete(blob);
        if (this.#doomed.delete(blob)) rmSync(this.path(blob), { force: true });
      }
    }
  }

  remove(blobs: Iterable<string>): void {
    for (const blob of blobs) {
      if (this.#readers.has(blob)) this.#doomed.add(blob);
      else rmSync(this.path(blob), { force: true });
    }
  }

  /** Removes every file that no record mentions: what a killed process was writing. */
  sweep(mentioned: ReadonlySet<string>): void {
    for (const shard of readdirSync(this.#folder)) {
      for (const blob of readdirSync(join(this.#folder, shard))) {
        if (!mentioned.has(blob)) rmSync(join(this.#folder, shard, blob), { force: true });
      }
    }
  }
}
