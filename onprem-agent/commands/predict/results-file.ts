import { type FileHandle, open } from 'node:fs/promises';
import { InvalidInputError } from '#core/errors.ts';
import type { Answer } from './predict-locally.ts';

const HEADER = 'image,label,probability,unsure,out_of_domain,model,version,error';

/** An image with what was said of it, or why nothing could be. */
export type Predicted = { id: string } & ({ answer: Answer } | { error: string });

/**
 * A CSV file of predictions (RFC 4180, with line feeds), a row for each image, in the order of the answers. A
 * row is written in one piece. What a kill or a power cut leaves of the last one is cut off when
 * the file is opened again.
 */
export class ResultsFile {
  readonly #file: FileHandle;
  /** Images that have a row. */
  readonly done: ReadonlySet<string>;

  private constructor(file: FileHandle, done: ReadonlySet<string>) {
    this.#file = file;
    this.done = done;
  }

  /** @throws InvalidInputError when the file is something else */
  static async open(path: string): Promise<ResultsFile> {
    const file = await open(path, 'a+').catch((cause: Error) => {
      throw new InvalidInputError(`The results cannot be written to "${path}": ${cause.message}`, { cause });
    });
    try {
      const text = (await file.readFile()).toString('utf8');
      const { rows, length } = completeRows(text);
      const header = rows[0]?.join(',');
      if (header === undefined ? !HEADER.startsWith(text) : header !== HEADER) {
        throw new InvalidInputError(`"${path}" is there already, and has no results of graft predict`, {
          hint: 'Name another file with --out.',
        });
      }
      await file.truncate(length);
      if (header === undefined) await file.appendFile(`${HEADER}\n`);
      return new ResultsFile(file, new Set(rows.slice(1).map(([image]) => image!)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async add(rows: readonly Predicted[]): Promise<void> {
    await this.#file.appendFile(rows.map((row) => `${fieldsOf(row).map(quoted).join(',')}\n`).join(''));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function fieldsOf(row: Predicted): string[] {
  if ('error' in row) return [row.id, '', '', '', '', '', '', row.error];
  const { predictions, unsure, outOfDomain, general } = row.answer;
  const { label, probability } = predictions[0]!;
  const distance = outOfDomain?.toFixed(4) ?? '';
  const named = [general.model, general.version, ''];
  return [row.id, label, probability.toFixed(6), String(unsure ?? ''), distance, ...named];
}

const quoted = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

/** @returns rows that end with a line feed, and the bytes that they take */
function completeRows(text: string): { rows: string[][]; length: number } {
  const rows: string[][] = [];
  let [row, field, isQuoted, complete] = [[] as string[], '', false, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[at++];
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') {
      row.push(field);
      field = '';
    } else if (character === '\n') {
      rows.push([...row, field]);
      [row, field, complete] = [[], '', at + 1];
    } else field += character;
  }
  return { rows, length: Buffer.byteLength(text.slice(0, complete)) };
}
