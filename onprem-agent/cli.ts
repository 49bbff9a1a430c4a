import { parseArgs, renderUsage } from 'citty';
import packageJson from '../package.json' with { type: 'json' };
import { checkArguments } from './arguments.ts';
import type { AgentCommand } from './command.ts';
import { backend } from './commands/backend.ts';
import { dataPush } from './commands/data-push.ts';
import { keygen } from './commands/keygen.ts';
import { predict } from './commands/predict.ts';
import { push } from './commands/push.ts';
import { train } from './commands/train.ts';
import { EXIT_CODES, exitCodeOf, UsageError } from './errors.ts';
import type { Io } from './io.ts';
import { createOutput } from './output.ts';

/** By the words that call them. */
const commands: Record<string, AgentCommand> = {
  keygen,
  train,
  push,
  'data push': dataPush,
  predict,
  backend,
};

/**
 * Runs one command line.
 *
 * @param words the arguments after `graft`
 * @returns exit code: 0 ok, 1 failed, 2 wrong usage, 130 interrupted
 */
export async function runCli(words: readonly string[], io: Io): Promise<number> {
  const output = createOutput(io, words.includes('--json'));
  try {
    const [first] = words;
    if (first === '--version' || first === '-v') {
      io.stdout(`${packageJson.version}\n`);
      return EXIT_CODES.ok;
    }
    const found = findCommand(words);
    const wantsHelp = words.includes('--help') || words.includes('-h') || first === 'help';
    if (wantsHelp || words.length === 0) {
      io.stdout(found ? await commandHelp(found.name, found.command) : overview());
      return words.length === 0 ? EXIT_CODES.usage : EXIT_CODES.ok;
    }
    if (!found) {
      throw new UsageError(`There is no command "${first}"`, 'Run `graft --help` for the list of commands.');
    }
    const { command, name, rest } = found;
    const definitions = (command.definition.args ?? {}) as Parameters<typeof parseArgs>[1];
    checkArguments(rest, definitions, `graft ${name}`);
    await command.run({ args: parseArgs([...rest], definitions), io, output });
    return EXIT_CODES.ok;
  } catch (error) {
    const interrupted = io.signal.aborted;
    output.fail(interrupted ? new Error('Interrupted') : error);
    return exitCodeOf(error, interrupted);
  }
}

function findCommand(words: readonly string[]) {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands[name];
    if (words.length >= length && command) return { name, command, rest: words.slice(length) };
  }
  return undefined;
}

async function commandHelp(name: string, command: AgentCommand): Promise<string> {
  const usage = await renderUsage(command.definition, { meta: { name: 'graft' } });
  // citty writes the arguments' names in the usage line only: the words of a two-word command come from us.
  const examples = command.examples.map((example) => `  ${example}`).join('\n');
  return `${plain(usage)}\nEXAMPLES\n\n${examples}\n\n${EXIT_CODE_HELP}\n`.replaceAll(
    `graft ${name.split(' ').at(-1)}`,
    `graft ${name}`,
  );
}

function overview(): string {
  const list = Object.entries(commands).map(([name, { definition }]) => {
    const { description } = definition.meta as { description: string };
    return `  graft ${name.padEnd(10)}  ${description}`;
  });
  return [
    `Graft ${packageJson.version}: train a general image model on-prem and drop it into S3; every domain gets its own endpoint`,
    '',
    'COMMANDS',
    '',
    ...list,
    '',
    '  graft <command> --help   options and examples',
    '',
    EXIT_CODE_HELP,
    '',
  ].join('\n');
}

const EXIT_CODE_HELP = 'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted';

/** Help is read in files and pipes too. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  return text.replace(/\x1b\[\d+m/g, '');
}
