import type { ArgDef } from 'citty';
import { EXIT_CODE_MEANINGS } from '../../onprem-agent/cli/errors.ts';
import { topics } from '../../onprem-agent/cli/topics.ts';
import { commands } from '../../onprem-agent/commands/index.ts';
import { valueHintOf, variableOf } from '../../onprem-agent/settings/resolve.ts';

/** `graft(1)` in the macros of man(7), from the commands' definitions. */
export async function manPage(version: string): Promise<string> {
  const sections = await Promise.all(
    Object.entries(commands).map(async ([name, entry]) => {
      const { args, examples } = await entry.load();
      return [
        `.SS "graft ${name}"`,
        `${text(entry.description)}.`,
        ...Object.entries(args).flatMap(([option, definition]) => argument(option, definition)),
        '.PP',
        'Examples:',
        ...examples.flatMap((example) => ['.PP', '.nf', `.RS 4`, text(example), '.RE', '.fi']),
      ].join('\n');
    }),
  );
  return `${[
    `.TH GRAFT 1 "" "graft ${version}"`,
    '.SH NAME',
    'graft \\- train a general image model on\\-prem and drop it into S3',
    '.SH SYNOPSIS',
    '.B graft',
    '.I command',
    '[\\fIoptions\\fR] [\\fIarguments\\fR]',
    '.SH DESCRIPTION',
    'Every option can also stand in a file graft.yml, and most in a variable; what is typed counts first. See',
    '.B graft help configuration',
    'and',
    '.BR "graft config" .',
    'Topics of',
    '.BR "graft help" :',
    `${text(Object.keys(topics).join(', '))}.`,
    '.SH COMMANDS',
    ...sections,
    '.SH EXIT STATUS',
    ...EXIT_CODE_MEANINGS.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH FILES',
    ...[
      './graft.yml',
      '~/.config/graft/graft.yml',
      '~/.config/graft/signing\\-key.pem',
      '~/.local/state/graft/',
    ].flatMap((file) => ['.PD 0', '.TP', `.I ${file}`]),
    '.PD',
  ].join('\n')}\n`;
}

function argument(option: string, definition: ArgDef): string[] {
  const name = text(option);
  if (definition.type === 'positional') {
    return ['.TP', `.I ${name}`, described(definition)];
  }
  const values = (definition as { options?: string[] }).options?.join('|') ?? valueHintOf(definition);
  const value = definition.type === 'boolean' ? '' : ` \\fI${text(values)}\\fR`;
  const variable = variableOf(option);
  const also = variable === undefined ? '' : ` (${text(variable)})`;
  return ['.TP', `\\fB\\-\\-${name}\\fR${value}${also}`, described(definition)];
}

function described({ description = '', default: fallback }: ArgDef): string {
  return text(fallback === undefined ? description : `${description} (Default: ${fallback})`);
}

/** Text without meaning for roff: no escapes, hyphens that can be copied, no request at its beginning. */
function text(plain: string): string {
  const escaped = plain.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
