import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';

const beginningSchema = z.strictObject({
  uploadId: z.string().min(1),
  key: z.string(),
  size: z.int().min(0),
  partSize: z.int().positive(),
});
const partSchema = z.strictObject({ part: z.int().positive(), etag: z.string() });

/** Which multipart upload a file belongs to. */
export type UploadBeginning = z.output<typeof beginningSchema>;

/** What is known of an upload in parts from before. */
export interface RecordedUpload extends UploadBeginning {
  /** ETags of finished parts, by part number. */
  parts: Map<number, string>;
}

/**
 * The record of one file's upload in parts: a line when it begins and one for each finished part, each on
 * disk before the upload goes on. A kill or a power cut spoils at most the last line, which is passed over.
 */
export class PartRecord {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns undefined where nothing has begun, or the record is damaged from its beginning */
  async read(): Promise<RecordedUpload | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const [first, ...rest] = text
      .split('\n')
      .filter((line) => line !== '')
      .map(parseLine);
    const beginning = beginningSchema.safeParse(first);
    if (!beginning.success) return undefined;
    const parts = new Map<number, string>();
    for (const line of rest) {
      const part = partSchema.safeParse(line);
      if (part.success) parts.set(part.data.part, part.data.etag);
    }
    return { ...beginning.data, parts };
  }

  async begin(beginning: UploadBeginning): Promise<void> {
    await this.remove();
    await mkdir(dirname(this.#path), { recursive: true });
    await this.#append(beginning);
  }

  add(part: number, etag: string): Promise<void> {
    return this.#append({ part, etag });
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await (await file?.catch(() => undefined))?.close();
  }

  async #append(line: object): Promise<void> {
    this.#file ??= open(this.#path, 'a', 0o600);
    const file = await this.#file;
    // The line feed before it ends a line that was torn.
    await file.appendFile(`\n${JSON.stringify(line)}\n`);
    await file.datasync();
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
