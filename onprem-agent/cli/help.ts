import { renderUsage } from 'citty';
import { type CommandEntry, commands } from '../commands/index.ts';
import { EXIT_CODE_MEANINGS, UsageError } from './errors.ts';
import { topics, topicText } from './topics.ts';

/**
 * Help about a command, a topic, or everything.
 *
 * @throws UsageError when it is about neither
 */
export async function helpAbout(
  words: readonly string[],
  command: { name: string; entry: CommandEntry } | undefined,
  version: string,
): Promise<string> {
  if (words.length === 0) return overview(version);
  if (command !== undefined) return commandHelp(command.name, command.entry);
  const text = await topicText(words.join('-'));
  if (text !== undefined) return text;
  throw new UsageError(
    `There is no command and no topic "${words.join(' ')}"`,
    `Topics: ${Object.keys(topics).join(', ')}. Run \`graft --help\` for the list of commands.`,
  );
}

/** Usage, options, examples and exit codes of one command. */
export async function commandHelp(name: string, entry: CommandEntry): Promise<string> {
  const { args, examples } = await entry.load();
  const usage = await renderUsage(
    { meta: { name, description: entry.description }, args },
    { meta: { name: 'graft' } },
  );
  const lines = examples.map((example) => `  ${example}`);
  return `${plain(usage)}\nEXAMPLES\n\n${lines.join('\n')}\n\n${exitCodes()}\n`;
}

/** All commands and topics, a line each. */
export function overview(version: string): string {
  return [
    `Graft ${version}: train a general image model on-prem, drop it into S3, and every domain gets its own endpoint`,
    '',
    'COMMANDS',
    '',
    ...table(Object.entries(commands).map(([name, { description }]) => [`graft ${name}`, description])),
    '',
    '  graft <command> --help   options and examples',
    '',
    'TOPICS',
    '',
    ...table(Object.entries(topics).map(([name, { about }]) => [`graft help ${name}`, about])),
    '',
    exitCodes(),
    '',
  ].join('\n');
}

const exitCodes = () =>
  `Exit codes: ${EXIT_CODE_MEANINGS.map(([code, meaning]) => `${code} ${meaning}`).join(', ')}`;

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** Help also goes to files and pipes: no colours, no spaces at the ends of lines. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  return text.replace(/\x1b\[\d+m/g, '').replace(/ +$/gm, '');
}
