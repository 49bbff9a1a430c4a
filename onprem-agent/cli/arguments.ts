import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import { UsageError } from './errors.ts';

/**
 * Refuses what citty accepts in silence: unknown options, options without a value, too many or too few
 * arguments.
 *
 * @returns the options that were typed
 * @throws UsageError naming what is wrong
 */
export function checkArguments(
  words: readonly string[],
  definitions: ArgsDef,
  command: string,
): Readonly<Record<string, unknown>> {
  const hint = `Run \`${command} --help\` for its options.`;
  const entries = Object.entries(definitions);
  const options = Object.fromEntries(
    entries
      .filter(([, definition]) => definition.type !== 'positional')
      .map(([name, definition]) => [
        name,
        { type: definition.type === 'boolean' ? 'boolean' : 'string' } as const,
      ]),
  );
  const places = entries.filter(([, definition]) => definition.type === 'positional');
  let positionals: string[];
  let values: Record<string, unknown>;
  try {
    ({ positionals, values } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    }));
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message), hint);
  }
  for (const [name, { type, options: allowed }] of entries as [
    string,
    { type?: string; options?: string[] },
  ][]) {
    if (type !== 'enum' || values[name] === undefined || allowed?.includes(String(values[name]))) continue;
    throw new UsageError(`--${name} is "${values[name]}": expected one of ${allowed?.join(', ')}`, hint);
  }
  const missing = places.slice(positionals.length).find(([, definition]) => definition.required !== false);
  if (missing) throw new UsageError(`\`${command}\` needs <${missing[0]}>`, hint);
  if (positionals.length > places.length) {
    throw new UsageError(`\`${command}\` does not take the argument "${positionals[places.length]}"`, hint);
  }
  return values;
}

/** Node adds advice about `--` that rarely helps. */
const firstSentence = (message: string) => message.split(/\. |\n/, 1)[0]!.replace(/\.$/, '');

/**
 * A number from the command line.
 *
 * @returns undefined when the option was not given
 * @throws UsageError naming the option
 */
export function numberOption(
  name: string,
  text: string | undefined,
  range: { minimum?: number; above?: number; maximum?: number; whole?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const { minimum = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = range;
  const { maximum = Number.POSITIVE_INFINITY, whole = false } = range;
  const fits = value >= minimum && value > above && value <= maximum && (!whole || Number.isInteger(value));
  if (text.trim() !== '' && Number.isFinite(value) && fits) return value;
  const bounds = [
    range.minimum === undefined ? '' : `at least ${range.minimum}`,
    range.above === undefined ? '' : `above ${range.above}`,
    range.maximum === undefined ? '' : `at most ${range.maximum}`,
  ].filter((bound) => bound !== '');
  const kind = whole ? 'a whole number' : 'a number';
  throw new UsageError(`--${name} is "${text}": expected ${[kind, ...bounds].join(', ')}`);
}
