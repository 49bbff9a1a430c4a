import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml';
import { InvalidInputError } from '#core/errors.ts';
import { configurationFolder } from '../model-folder/signing-key.ts';

/** The name of a file of settings, in the working folder and in the configuration folder. */
export const CONFIG_FILE = 'graft.yml';

const HINT = '`graft help configuration` says what may stand there, `graft config` shows what does.';

/** One line of a file of settings. */
export interface FileEntry {
  /** The command in whose section it stands; undefined for all commands. */
  command: string | undefined;
  option: string;
  /** As text; lists are joined with commas. A boolean stays one. */
  value: string | boolean;
  file: string;
  line: number;
}

/** Where an entry stands, for messages: `./graft.yml line 3`. */
export const placeOf = ({ file, line }: Pick<FileEntry, 'file' | 'line'>): string => `${file} line ${line}`;

/**
 * The files that count, the first one before the others: `named`, or `graft.yml` of the working folder and of
 * the configuration folder.
 *
 * @param commands names of all commands, which may have a section
 * @throws InvalidInputError that names file, line and key
 */
export async function readConfigFiles(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
  commands: ReadonlySet<string>,
): Promise<FileEntry[]> {
  if (named !== undefined) return readConfigFile(named, commands, true);
  const own = join(configurationFolder(environment), CONFIG_FILE);
  const files = [...new Set([resolve(CONFIG_FILE), own])];
  return (await Promise.all(files.map((file) => readConfigFile(file, commands, false)))).flat();
}

async function readConfigFile(
  file: string,
  commands: ReadonlySet<string>,
  isNamed: boolean,
): Promise<FileEntry[]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && !isNamed) return '';
    throw new InvalidInputError(`The file of settings "${file}" cannot be read: ${cause.message}`, { cause });
  });
  return parseConfig(text, file, commands);
}

/** @param file for messages, and to resolve paths */
export function parseConfig(text: string, file: string, commands: ReadonlySet<string>): FileEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1;
    throw new InvalidInputError(`${file} line ${line} is not YAML: ${error.message.split('\n', 1)[0]}`, {
      hint: HINT,
    });
  }
  const { contents } = document;
  if (contents === null) return [];
  if (!isMap(contents)) throw wrong(file, 1, 'expected lines of the form `option: value`');
  return contents.items.flatMap((pair) => {
    const line = lineOf(pair, lines);
    const key = keyOf(pair, file, line);
    if (!isMap(pair.value)) return [entryOf(pair, { command: undefined, file, line })];
    if (!commands.has(key)) throw wrong(file, line, `there is no command "${key}"`);
    return pair.value.items.map((inner) =>
      entryOf(inner, { command: key, file, line: lineOf(inner, lines) }),
    );
  });
}

const wrong = (file: string, line: number, what: string) =>
  new InvalidInputError(`${file} line ${line}: ${what}`, { hint: HINT });

function lineOf({ key }: Pair, lines: LineCounter): number {
  return isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
}

function keyOf({ key }: Pair, file: string, line: number): string {
  if (isScalar(key) && typeof key.value === 'string') return key.value;
  throw wrong(file, line, 'the name of an option or of a command is expected');
}

function entryOf(pair: Pair, place: Pick<FileEntry, 'command' | 'file' | 'line'>): FileEntry {
  const option = keyOf(pair, place.file, place.line);
  const { value } = pair;
  const values = isSeq(value) ? value.items : [value];
  const texts = values.map((item) => {
    const scalar = isScalar(item) ? item : undefined;
    if (typeof scalar?.value === 'boolean' && !isSeq(value)) return scalar.value;
    if (typeof scalar?.value === 'string') return scalar.value;
    // As it is written: 1.10 is not 1.1 where it is a version.
    if (typeof scalar?.value === 'number') return scalar.source ?? String(scalar.value);
    throw wrong(place.file, place.line, `${option} needs a text, a number, true or false, or a list of them`);
  });
  return { ...place, option, value: texts.length === 1 ? texts[0]! : texts.join(',') };
}

/** A path of a file of settings is relative to the folder of that file, and `~/` is the home folder. */
export function pathIn(file: string, path: string, environment: NodeJS.ProcessEnv): string {
  if (path.startsWith('~/')) return join(environment.HOME || homedir(), path.slice(2));
  return resolve(dirname(file), path);
}
