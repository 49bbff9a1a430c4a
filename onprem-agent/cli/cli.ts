import { setMaxListeners } from 'node:events';
import { parseArgs } from 'citty';
import packageJson from '../../package.json' with { type: 'json' };
import { type CommandEntry, commands } from '../commands/index.ts';
import { readConfigFiles } from '../settings/config-file.ts';
import { checkEntries, resolveSettings, type Setting, withSource } from '../settings/resolve.ts';
import { checkArguments } from './arguments.ts';
import { EXIT_CODES, exitCodeOf, UsageError } from './errors.ts';
import { helpAbout } from './help.ts';
import type { Io } from './io.ts';
import { createOutput } from './output.ts';

/**
 * Runs one command line.
 *
 * @param words the arguments after `graft`
 * @returns exit code, see `EXIT_CODE_MEANINGS`
 */
export async function runCli(words: readonly string[], io: Io): Promise<number> {
  // Every request under way listens to it, and Node 20 takes more than ten listeners for a leak.
  setMaxListeners(0, io.signal);
  const { own, program } = splitProgram(words);
  let output = createOutput(io, own.includes('--json'));
  let settings = new Map<string, Setting>();
  try {
    if (own[0] === '--version' || own[0] === '-v') {
      output.result({ command: 'version', version: packageJson.version }, packageJson.version);
      return EXIT_CODES.ok;
    }
    if (own.length === 0 || isHelp(own)) {
      const about = own.filter((word) => !word.startsWith('-') && word !== 'help');
      const text = await helpAbout(about, findCommand(about), packageJson.version);
      output.result({ command: 'help', text }, text.trimEnd());
      return own.length === 0 ? EXIT_CODES.usage : EXIT_CODES.ok;
    }
    const found = findCommand(own);
    if (!found) {
      throw new UsageError(
        `There is no command "${asked(own)}"`,
        'Run `graft --help` for the list of commands.',
      );
    }
    const command = await found.entry.load();
    if (program !== undefined && !command.takesProgram) {
      throw new UsageError(`\`graft ${found.name}\` runs no program: nothing may stand behind \`--\``);
    }
    const typed = checkArguments(found.rest, command.args, `graft ${found.name}`);
    const entries = await readConfigFiles(
      (typed.config as string | undefined) ?? (io.environment.GRAFT_CONFIG || undefined),
      io.environment,
      new Set(Object.keys(commands)),
    );
    await checkEntries(entries, found.name, commandArgs);
    settings = resolveSettings({
      command: found.name,
      alsoReads: command.alsoReads,
      args: command.args,
      typed,
      environment: io.environment,
      entries,
    });
    if (settings.get('json')?.value === true) output = createOutput(io, true);
    const args = parseArgs([...wordsOf(settings), ...found.rest], command.args);
    const code = await command.run({ args, program: program ?? [], io, output });
    return code ?? EXIT_CODES.ok;
  } catch (error) {
    const interrupted = io.signal.aborted;
    output.fail(interrupted ? new Error('Interrupted') : withSource(error, settings));
    return exitCodeOf(error, interrupted);
  }
}

/** Commands by their names, and their options. */
const commandArgs = {
  names: Object.keys(commands),
  load: async (name: string) => (await commands[name]!.load()).args,
};

/** The words behind `--` are those of a program. */
function splitProgram(words: readonly string[]) {
  const at = words.indexOf('--');
  return at === -1 ? { own: words } : { own: words.slice(0, at), program: words.slice(at + 1) };
}

const isHelp = (words: readonly string[]) =>
  words[0] === 'help' || words.includes('--help') || words.includes('-h');

/** Options that were not typed and have a value elsewhere, as words before those that were. */
function wordsOf(settings: ReadonlyMap<string, Setting>): string[] {
  return [...settings].flatMap(([option, { value, level }]) => {
    if (level === 'flag' || level === 'default') return [];
    if (typeof value === 'string') return [`--${option}=${value}`];
    return [value ? `--${option}` : `--no-${option}`];
  });
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
