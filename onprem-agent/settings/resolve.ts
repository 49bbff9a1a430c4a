import type { ArgDef, ArgsDef } from 'citty';
import { InvalidInputError } from '#core/errors.ts';
import { UsageError } from '../cli/errors.ts';
import { type FileEntry, pathIn, placeOf } from './config-file.ts';

/** The value of one option, and where it comes from. */
export interface Setting {
  value: string | boolean;
  level: 'flag' | 'environment' | 'file' | 'default';
  /** For people: `--stack`, a variable, `graft.yml line 3`, `default`. */
  source: string;
}

/** Decisions of one run: they count only where they are typed. */
const ONLY_TYPED = new Set(['config', 'force', 'redate', 'encrypt', 'to', 'execution', 'reason', 'comment']);

/**
 * Options that mean something else in each command (a bucket of models, of data, of artifacts). In a file
 * they stand in the section of a command; a variable cannot say which one it means.
 */
const OF_ONE_COMMAND = new Set(['bucket', 'model', 'out', 'name', 'output']);

/** Options that replace each other: one that is typed hides the other one's setting. */
const INSTEAD_OF = [
  ['bucket', 'stack'],
  ['model', 'domain'],
  ['preset', 'mean'],
  ['preset', 'std'],
  ['gpu', 'cpu'],
] as const;

const ORDER = ['flag', 'environment', 'file', 'default'] as const;

/** `api-key` → `GRAFT_API_KEY`; undefined where no variable gives the option. */
export function variableOf(option: string): string | undefined {
  if (ONLY_TYPED.has(option) || OF_ONE_COMMAND.has(option)) return undefined;
  return `GRAFT_${option.replaceAll('-', '_').toUpperCase()}`;
}

interface Given {
  command: string;
  /** Commands whose sections of a file count too, after the command's own. */
  alsoReads?: readonly string[] | undefined;
  args: ArgsDef;
  /** Options that were typed, as they were read. */
  typed: Readonly<Record<string, unknown>>;
  environment: NodeJS.ProcessEnv;
  /** Those of the first file before those of the second one. */
  entries: readonly FileEntry[];
}

/**
 * The value of every option that has one: what is typed, else `GRAFT_<OPTION>`, else a file's section of the
 * command, else a file's line for all commands, else the default.
 *
 * @throws InvalidInputError that names the variable, or file, line and key, whose value does not fit
 */
export function resolveSettings(given: Given): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [option, definition] of Object.entries(given.args)) {
    if (definition.type === 'positional') continue;
    const setting = settingOf(option, definition, given);
    if (setting !== undefined) settings.set(option, setting);
  }
  for (const pair of INSTEAD_OF) hideReplaced(pair, settings);
  return settings;
}

function settingOf(option: string, definition: ArgDef, given: Given): Setting | undefined {
  const typed = given.typed[option];
  if (typed !== undefined) {
    return { value: typed as string | boolean, level: 'flag', source: `--${option}` };
  }
  const variable = variableOf(option);
  const text = variable === undefined ? undefined : given.environment[variable];
  if (text !== undefined && text !== '') {
    return { value: fromText(text, definition, variable!), level: 'environment', source: variable! };
  }
  const entry = entryFor(option, given);
  if (entry !== undefined) {
    return { value: fromEntry(entry, definition, given.environment), level: 'file', source: placeOf(entry) };
  }
  if (definition.default === undefined) return undefined;
  return { value: definition.default as string | boolean, level: 'default', source: 'default' };
}

/** A file's section counts before its other lines, and a nearer file before the next one. */
function entryFor(option: string, { command, alsoReads = [], entries }: Given): FileEntry | undefined {
  const files = [...new Set(entries.map(({ file }) => file))];
  for (const file of files) {
    for (const section of [command, ...alsoReads, undefined]) {
      const found = entries.find(
        (entry) => entry.file === file && entry.command === section && entry.option === option,
      );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function fromText(text: string, definition: ArgDef, source: string): string | boolean {
  if (definition.type !== 'boolean') return oneOf(text, definition, source);
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new InvalidInputError(`${source} is "${text}": expected true or false`);
}

function fromEntry(entry: FileEntry, definition: ArgDef, environment: NodeJS.ProcessEnv): string | boolean {
  const place = `${placeOf(entry)}: ${entry.option}`;
  if (definition.type === 'boolean') {
    if (typeof entry.value === 'boolean') return entry.value;
    throw new InvalidInputError(`${place} is "${entry.value}": expected true or false`);
  }
  if (typeof entry.value === 'boolean') {
    throw new InvalidInputError(`${place} is ${entry.value}: expected ${valueHintOf(definition)}`);
  }
  const text = oneOf(entry.value, definition, place);
  return isPath(definition) ? pathIn(entry.file, text, environment) : text;
}

function oneOf(text: string, definition: ArgDef, source: string): string {
  const { type, options = [] } = definition as { type?: string; options?: string[] };
  if (type !== 'enum' || options.includes(text)) return text;
  throw new InvalidInputError(`${source} is "${text}": expected one of ${options.join(', ')}`);
}

export const valueHintOf = (definition: ArgDef): string =>
  (definition as { valueHint?: string }).valueHint ?? 'a value';

/** Whether the value of an option names a file or folder. */
export const isPath = (definition: ArgDef): boolean => ['FILE', 'DIR'].includes(valueHintOf(definition));

function hideReplaced([one, other]: readonly [string, string], settings: Map<string, Setting>): void {
  const [first, second] = [settings.get(one), settings.get(other)];
  if (first === undefined || second === undefined) return;
  const difference = ORDER.indexOf(first.level) - ORDER.indexOf(second.level);
  if (difference < 0) settings.delete(other);
  if (difference > 0) settings.delete(one);
}

/**
 * Refuses lines that no command takes.
 *
 * @param definitionsOf the options of a command; asked only where they are needed, since loading all commands
 *   takes a second
 * @throws InvalidInputError that names file, line and key
 */
export async function checkEntries(
  entries: readonly FileEntry[],
  own: string,
  definitionsOf: { names: readonly string[]; load(name: string): Promise<ArgsDef> },
): Promise<void> {
  for (const entry of entries) {
    const { command, option } = entry;
    if (ONLY_TYPED.has(option))
      throw refusal(entry, `${option} is decided anew in each run: type --${option}`);
    if (command !== undefined) {
      if (command === own) checkOption(entry, await definitionsOf.load(command));
      continue;
    }
    if (OF_ONE_COMMAND.has(option)) {
      throw refusal(entry, `${option} means something else in each command: put it into the section of one`);
    }
    await checkShared(entry, own, definitionsOf);
  }
}

async function checkShared(
  entry: FileEntry,
  own: string,
  { names, load }: Parameters<typeof checkEntries>[2],
): Promise<void> {
  for (const name of [own, ...names.filter((each) => each !== own)]) {
    if (isOption(entry.option, await load(name))) return;
  }
  throw refusal(entry, `no command has an option "${entry.option}"`);
}

function checkOption(entry: FileEntry, args: ArgsDef): void {
  if (!isOption(entry.option, args))
    throw refusal(entry, `\`graft ${entry.command}\` has no option "${entry.option}"`);
}

const isOption = (name: string, args: ArgsDef) =>
  Object.hasOwn(args, name) && args[name]!.type !== 'positional';

const refusal = (entry: FileEntry, what: string) =>
  new InvalidInputError(`${placeOf(entry)}: ${what}`, {
    hint: '`graft help configuration` says what may stand there.',
  });

/** Says where the value that a command refuses comes from, if it was not typed. */
export function withSource(error: unknown, settings: ReadonlyMap<string, Setting>): unknown {
  if (!(error instanceof UsageError)) return error;
  const option = /^--([\w-]+) is /.exec(error.message)?.[1];
  const setting = option === undefined ? undefined : settings.get(option);
  if (setting === undefined || setting.level === 'flag' || setting.level === 'default') return error;
  return new UsageError(`${error.message} (from ${setting.source})`, error.hint);
}
