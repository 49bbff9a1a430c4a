import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../service.ts';
import { filesBelow } from '../archive.ts';
import type { S3Files, S3Location } from '../s3-files.ts';

/** SageMaker says "continuously". */
const LOOK_EVERY_MS = 1_000;

/**
 * Synchronises a job's checkpoint folder with its prefix in S3, as SageMaker does: downloads it before the
 * container starts, uploads changes while it runs, and deletes files that the container deletes.
 */
export class CheckpointSync {
  readonly #s3: S3Files;
  readonly #target: S3Location;
  readonly #folder: string;
  readonly #clock: Clock;
  /** Size and time of what both sides have, by name. */
  #known = new Map<string, string>();
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #problem: unknown;

  constructor(s3: S3Files, { bucket, key }: S3Location, folder: string, clock: Clock) {
    this.#s3 = s3;
    this.#target = { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` };
    this.#folder = folder;
    this.#clock = clock;
  }

  async restore(signal: AbortSignal): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.#s3.downloadPrefix(this.#target, this.#folder, signal);
    this.#known = await this.#look();
  }

  /** From now on, until `stop`. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      void this.#next().finally(() => this.start());
    });
  }

  /**
   * Brings the last changes over.
   *
   * @throws whatever S3 refused, now or before
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#next();
    if (this.#problem !== undefined) throw this.#problem;
  }

  #next(): Promise<void> {
    this.#running = this.#running
      .then(() => this.#sync())
      .catch((error: unknown) => {
        this.#problem ??= error;
      });
    return this.#running;
  }

  async #sync(): Promise<void> {
    const found = await this.#look();
    for (const [name, state] of found) {
      if (this.#known.get(name) === state) continue;
      if (await this.#upload(name)) this.#known.set(name, state);
    }
    for (const name of [...this.#known.keys()].filter((known) => !found.has(known))) {
      await this.#s3.remove(this.#at(name));
      this.#known.delete(name);
    }
  }

  /** @returns false when the container has renamed or deleted it meanwhile */
  async #upload(name: string): Promise<boolean> {
    try {
      await this.#s3.upload(join(this.#folder, name), this.#at(name), 'application/octet-stream');
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  #at = (name: string): S3Location => ({ ...this.#target, key: `${this.#target.key}${name}` });

  async #look(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const name of await filesBelow(this.#folder)) {
      // The container may have renamed or deleted it since it was listed.
      const file = await stat(join(this.#folder, name)).catch(() => undefined);
      if (file !== undefined) found.set(name, `${file.size} ${file.mtimeMs}`);
    }
    return found;
  }
}
