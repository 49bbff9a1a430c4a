import { parseArgs } from 'citty';
import packageJson from '../../package.json' with { type: 'json' };
import { type CommandEntry, commands } from '../commands/index.ts';
import { checkArguments } from './arguments.ts';
import { EXIT_CODES, exitCodeOf, UsageError } from './errors.ts';
import { commandHelp, overview } from './help.ts';
import type { Io } from './io.ts';
import { createOutput } from './output.ts';

/**
 * Runs one command line.
 *
 * @param words the arguments after `graft`
 * @returns exit code: 0 ok, 1 failed, 2 wrong usage, 3 promoted but not deployed everywhere, 130 interrupted
 */
export async function runCli(words: readonly string[], io: Io): Promise<number> {
  const output = createOutput(io, words.includes('--json'));
  try {
    if (words[0] === '--version' || words[0] === '-v') {
      io.stdout(`${packageJson.version}\n`);
      return EXIT_CODES.ok;
    }
    const found = findCommand(words);
    if (words.length === 0 || words[0] === 'help' || words.includes('--help') || words.includes('-h')) {
      io.stdout(found ? await commandHelp(found.name, found.entry) : overview(packageJson.version));
      return words.length === 0 ? EXIT_CODES.usage : EXIT_CODES.ok;
    }
    if (!found) {
      throw new UsageError(
        `There is no command "${asked(words)}"`,
        'Run `graft --help` for the list of commands.',
      );
    }
    const command = await found.entry.load();
    checkArguments(found.rest, command.args, `graft ${found.name}`);
    const code = await command.run({ args: parseArgs([...found.rest], command.args), io, output });
    return code ?? EXIT_CODES.ok;
  } catch (error) {
    const interrupted = io.signal.aborted;
    output.fail(interrupted ? new Error('Interrupted') : error);
    return exitCodeOf(error, interrupted);
  }
}

/** The longest name first: `data push` before `data`. */
export function findCommand(words: readonly string[]) {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const entry: CommandEntry | undefined = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (entry) return { name, entry, rest: words.slice(length) };
  }
  return undefined;
}

/** The unknown command, for the message: two words if the first one begins a command of two words. */
function asked([first = '', second = '']: readonly string[]): string {
  const isHalf = Object.keys(commands).some((name) => name.startsWith(`${first} `));
  return isHalf && second !== '' && !second.startsWith('-') ? `${first} ${second}` : first;
}
