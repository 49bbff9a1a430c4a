import { createReadStream } from 'node:fs';
import type { ArgsDef } from 'citty';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import type { Io } from '../cli/io.ts';

/** Bytes of a passphrase's file that are read. */
const MAXIMUM_BYTES = 4_096;
const MINIMUM_LENGTH = 8;

/** The option of every command that opens the private key. A passphrase itself is never an option. */
export const passphraseArgs = {
  'passphrase-file': {
    type: 'string',
    valueHint: 'FILE',
    description: "File with the key's passphrase in its first line; otherwise you are asked",
  },
} as const satisfies ArgsDef;

/**
 * The passphrase of a key that is there already, from a file or from the person at the terminal.
 *
 * @param what the key, for messages
 * @throws InvalidInputError when there is neither
 */
export async function readPassphrase(what: string, file: string | undefined, io: Io): Promise<string> {
  if (file !== undefined) return passphraseIn(file);
  return askPerson(io, what, `Passphrase of ${what}: `);
}

/**
 * A passphrase for a new key: from a file, or typed twice.
 *
 * @throws InvalidInputError when it is too short, or typed differently the second time
 */
export async function newPassphrase(file: string | undefined, io: Io): Promise<string> {
  const what = 'the new key';
  const passphrase =
    file === undefined ? await askPerson(io, what, 'New passphrase: ') : await passphraseIn(file);
  if (passphrase.length < MINIMUM_LENGTH) {
    throw new InvalidInputError(`The passphrase has fewer than ${MINIMUM_LENGTH} characters`, {
      hint: 'Take several words: who has the file can try passphrases at any speed.',
    });
  }
  if (file === undefined && (await askPerson(io, what, 'The same once more: ')) !== passphrase) {
    throw new InvalidInputError('The two passphrases differ', { hint: 'Start again.' });
  }
  return passphrase;
}

async function askPerson(io: Io, what: string, question: string): Promise<string> {
  if (io.askSecret !== undefined) return io.askSecret(question);
  throw new InvalidInputError(`The passphrase of ${what} is needed, and there is no terminal to ask on`, {
    hint: 'Name a file that has it in its first line: --passphrase-file FILE, or GRAFT_PASSPHRASE_FILE.',
  });
}

/** The first line. The file may be a pipe, as a shell makes it for `<(pass show graft)`. */
async function passphraseIn(file: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8', end: MAXIMUM_BYTES - 1 })) {
      text += chunk;
      if (text.includes('\n')) break;
    }
  } catch (cause) {
    throw new NotFoundError(`The passphrase's file "${file}" cannot be read`, {
      cause,
      hint: 'Name another one with --passphrase-file, or leave it out to be asked.',
    });
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new InvalidInputError(`The first line of "${file}" is empty`, {
    hint: 'It has to be the passphrase.',
  });
}
