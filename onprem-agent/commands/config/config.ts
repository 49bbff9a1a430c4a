import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { readConfigFiles } from '../../settings/config-file.ts';
import { checkEntries, resolveSettings, type Setting } from '../../settings/resolve.ts';
import { commands } from '../index.ts';

/** Options of every command, about which a file says nothing. */
const NOT_SHOWN = new Set(['config', 'json']);
/** Options whose values are not for other eyes. */
const SECRETS = new Set(['api-key']);
/** Where the SDK looks when an option is not given. */
const OF_THE_SDK: Record<string, readonly string[]> = {
  region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  'endpoint-url': ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
};

interface Row {
  option: string;
  commands: string[];
  value: string | boolean | undefined;
  source: string;
}

export const config = agentCommand({
  args: {
    command: { type: 'positional', required: false, description: 'Show all options of this command' },
    second: { type: 'positional', required: false, description: 'Its second word: data push' },
    all: { type: 'boolean', description: 'Show options that have no value, too' },
  },
  examples: ['graft config', 'graft config train', 'graft config data push --json'],
  async run({ args, io, output }) {
    const asked = [args.command, args.second].filter((word) => word !== undefined).join(' ');
    if (asked !== '' && !Object.hasOwn(commands, asked)) {
      throw new UsageError(`There is no command "${asked}"`, 'Run `graft --help` for the list of commands.');
    }
    const names = Object.keys(commands);
    const load = async (name: string) => (await commands[name]!.load()).args;
    const named = (args.config as string | undefined) ?? (io.environment.GRAFT_CONFIG || undefined);
    const entries = await readConfigFiles(named, io.environment, new Set(names));
    // Each section is checked, not only that of the command that runs.
    for (const name of names) await checkEntries(entries, name, { names, load });
    const rows: Row[] = [];
    for (const name of asked === '' ? names : [asked]) {
      const command = await commands[name]!.load();
      const settings = resolveSettings({
        command: name,
        alsoReads: command.alsoReads,
        args: command.args,
        typed: {},
        environment: io.environment,
        entries,
      });
      for (const [option, definition] of Object.entries(command.args)) {
        if (definition.type === 'positional' || NOT_SHOWN.has(option)) continue;
        add(rowOf(name, option, shown(option, settings.get(option), io.environment)), rows);
      }
    }
    const visible =
      args.all === true || asked !== '' ? rows : rows.filter(({ value }) => value !== undefined);
    const files = [...new Set(entries.map(({ file }) => file))];
    output.result({ command: 'config', files, settings: visible }, table(visible, names.length));
  },
});

function rowOf(command: string, option: string, setting: Setting | undefined): Row {
  return { option, commands: [command], value: setting?.value, source: setting?.source ?? 'not set' };
}

/** What a person may see, and where the SDK takes a value from. */
function shown(
  option: string,
  setting: Setting | undefined,
  environment: NodeJS.ProcessEnv,
): Setting | undefined {
  if (setting === undefined) {
    const variable = OF_THE_SDK[option]?.find((name) => environment[name]);
    if (variable === undefined) return undefined;
    return { value: withoutPassword(environment[variable]!), level: 'environment', source: variable };
  }
  if (SECRETS.has(option)) return { ...setting, value: '********' };
  return typeof setting.value === 'string' ? { ...setting, value: withoutPassword(setting.value) } : setting;
}

const withoutPassword = (text: string) => text.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, '$1:********@');

/** Commands with the same value from the same place share a row. */
function add(row: Row, rows: Row[]): void {
  const same = rows.find(
    ({ option, value, source }) => option === row.option && value === row.value && source === row.source,
  );
  if (same === undefined) rows.push(row);
  else same.commands.push(...row.commands);
}

const MOST_NAMES = 3;

function table(rows: readonly Row[], commandCount: number): string {
  const cells = rows.map(({ option, commands: names, value, source }) => {
    const where =
      names.length === commandCount || names.length > MOST_NAMES
        ? `${names.length} commands`
        : names.join(', ');
    return [option, value === undefined ? '–' : String(value), source, where];
  });
  const all = [['option', 'value', 'from', 'for'], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
