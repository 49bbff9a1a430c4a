import type { ArgsDef } from 'citty';

/** How a shell takes a word as it is. */
const quoted = (word: string) =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The command line that gives the same values.
 *
 * @param leaveOut options that are not repeated
 */
export function commandLineOf(
  command: string,
  definitions: ArgsDef,
  values: Readonly<Record<string, unknown>>,
  leaveOut: readonly string[] = [],
): string {
  const words = [command];
  for (const [name, definition] of Object.entries(definitions)) {
    const value = values[name];
    if (value === undefined || value === false || leaveOut.includes(name)) continue;
    if (definition.type === 'positional') words.splice(1, 0, quoted(String(value)));
    else if (definition.type === 'boolean') words.push(`--${name}`);
    else if (value !== definition.default) words.push(`--${name}`, quoted(String(value)));
  }
  return words.join(' ');
}
