import { readFile, rm } from 'node:fs/promises';
import * as z from 'zod';
import { InvalidInputError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { writeDurably } from '#core/write-durably.ts';

const begunSchema = z.strictObject({ input: z.string(), domain: z.string(), key: z.string() });
type Begun = z.output<typeof begunSchema>;

/**
 * A file beside the results of a batch that has been started and not been collected: with its idempotency key
 * the same command finds the batch again.
 */
export class BegunBatch {
  readonly #path: string;
  readonly key: string;

  private constructor(path: string, key: string) {
    this.#path = path;
    this.key = key;
  }

  /**
   * @param wanted with the key of a new batch
   * @throws InvalidInputError when the file is of another batch
   */
  static async open(path: string, wanted: Begun): Promise<BegunBatch> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (text === undefined) {
      await writeDurably(path, `${JSON.stringify(wanted)}\n`);
      return new BegunBatch(path, wanted.key);
    }
    const begun = parseJson(begunSchema, text, path);
    if (begun.input !== wanted.input || begun.domain !== wanted.domain) {
      throw new InvalidInputError(`"${path}" is of a batch of ${begun.input} with domain "${begun.domain}"`, {
        hint: 'Collect that batch first with its own command, remove the file, or name another file with --out.',
      });
    }
    return new BegunBatch(path, begun.key);
  }

  forget(): Promise<void> {
    return rm(this.#path, { force: true });
  }
}
