import { renderUsage } from 'citty';
import { type CommandEntry, commands } from '../commands/index.ts';

const EXIT_CODES_LINE = 'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted';

/** Usage, options, examples and exit codes of one command. */
export async function commandHelp(name: string, entry: CommandEntry): Promise<string> {
  const { args, examples } = await entry.load();
  const usage = await renderUsage(
    { meta: { name, description: entry.description }, args },
    { meta: { name: 'graft' } },
  );
  const lines = examples.map((example) => `  ${example}`);
  return `${plain(usage)}\nEXAMPLES\n\n${lines.join('\n')}\n\n${EXIT_CODES_LINE}\n`;
}

/** All commands, a line each. */
export function overview(version: string): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    `Graft ${version}: train a general image model on-prem, drop it into S3, and every domain gets its own endpoint`,
    '',
    'COMMANDS',
    '',
    ...Object.entries(commands).map(
      ([name, { description }]) => `  graft ${name.padEnd(width)}  ${description}`,
    ),
    '',
    '  graft <command> --help   options and examples',
    '',
    EXIT_CODES_LINE,
    '',
  ].join('\n');
}

/** Help also goes to files and pipes: no colours, no spaces at the ends of lines. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  return text.replace(/\x1b\[\d+m/g, '').replace(/ +$/gm, '');
}
