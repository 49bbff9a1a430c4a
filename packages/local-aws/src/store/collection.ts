import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { UNFINISHED, writeFileAtomically } from './atomic-file.ts';
import { fileNameOf } from './file-name.ts';

const ENDING = '.json';

/**
 * A folder of JSON documents by key, one file each. A change is on disk when its method returns; a kill
 * leaves either the old or the new document. Reads are from memory, since one process owns the folder
 * (`lockState`).
 *
 * Values are JSON: store dates as numbers, bytes as base64. `get` and `list` return fresh copies.
 *
 * @example
 * const jobs = new Collection<Job>(join(world.folder('sagemaker'), 'jobs'));
 * jobs.put(job.name, job);
 * jobs.list('fruit-'); // [{ key, value }, …] in key order
 */
export class Collection<T> {
  readonly #folder: string;
  /** JSON text by key. Text, so that a document changes only through `put`. */
  readonly #documents = new Map<string, string>();

  /**
   * Opens the folder, creates it where it is missing, and removes unfinished files of a killed process.
   *
   * @throws InvalidInputError naming a damaged document
   */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith(UNFINISHED)) rmSync(path, { force: true });
      else if (name.endsWith(ENDING)) {
        const { key, value } = readDocument(path);
        this.#documents.set(key, JSON.stringify(value));
      }
    }
  }

  get size(): number {
    return this.#documents.size;
  }

  has(key: string): boolean {
    return this.#documents.has(key);
  }

  get(key: string): T | undefined {
    const text = this.#documents.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  put(key: string, value: T): void {
    const text = JSON.stringify(value);
    if (text === undefined) throw new InvalidInputError(`document "${key}" has no JSON form`);
    writeFileAtomically(this.#path(key), `{"key":${JSON.stringify(key)},"value":${text}}\n`);
    this.#documents.set(key, text);
  }

  /** @returns whether it was there */
  delete(key: string): boolean {
    rmSync(this.#path(key), { force: true });
    return this.#documents.delete(key);
  }

  /** Keys that start with `prefix`, sorted by their UTF-16 code units. */
  keys(prefix = ''): string[] {
    return [...this.#documents.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** Documents whose keys start with `prefix`, in key order. */
  list(prefix = ''): { key: string; value: T }[] {
    return this.keys(prefix).map((key) => ({ key, value: this.get(key) as T }));
  }

  #path(key: string): string {
    return join(this.#folder, `${fileNameOf(key)}${ENDING}`);
  }
}

function readDocument(path: string): { key: string; value: unknown } {
  try {
    const document = JSON.parse(readFileSync(path, 'utf8')) as { key?: unknown; value?: unknown };
    if (typeof document.key !== 'string' || document.value === undefined) throw new Error('no key or value');
    return { key: document.key, value: document.value };
  } catch (cause) {
    throw new InvalidInputError(`the local AWS's document ${path} is damaged: ${(cause as Error).message}`, {
      cause,
      hint: 'Delete that file, or the whole state folder to start afresh.',
    });
  }
}
