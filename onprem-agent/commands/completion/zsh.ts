import { type CommandWords, firstWords, type OptionWords, secondWords } from './words.ts';

/** A function for zsh's completion system; also as the file `_graft` in a folder of `fpath`. */
export function zshCompletion(all: readonly CommandWords[]): string {
  const described = firstWords(all).map((first) => {
    const own =
      all.find(({ name }) => name === first) ?? all.find(({ name }) => name.startsWith(`${first} `));
    return quoted(`${first}:${own!.description}`);
  });
  return `#compdef graft
# Completion of graft for zsh:  source <(graft completion zsh), or as the file _graft in a folder of fpath
_graft() {
  local -a commands
  local command
  if (( CURRENT == 2 )); then
    commands=(${described.join(' ')})
    _describe 'command' commands
    return
  fi
  command=$words[2]
  case "$words[2] $words[3]" in
${all
  .filter(({ name }) => name.includes(' '))
  .map(({ name }) => `    (${quoted(name)}) command=${quoted(name)} ;;`)
  .join('\n')}
  esac
  if (( CURRENT == 3 )) && [[ $words[3] != -* ]]; then
    case $words[2] in
${[...secondWords(all)].map(([first, seconds]) => `      (${first}) compadd ${seconds.join(' ')}; return ;;`).join('\n')}
    esac
  fi
  shift words
  (( CURRENT-- ))
  if [[ $command == *' '* ]]; then shift words; (( CURRENT-- )); fi
  case $command in
${all.map((command) => `    (${quoted(command.name)}) _arguments ${specs(command).join(' ')} ;;`).join('\n')}
  esac
}
if [[ $funcstack[1] == _graft ]]; then _graft "$@"; else compdef _graft graft; fi
`;
}

function specs({ options, takesWords, offered }: CommandWords): string[] {
  const rest = offered.length > 0 ? `*:word:(${offered.join(' ')})` : '*:file:_files';
  return [...options.map(spec), "'--help[Options and examples]'", ...(takesWords ? [quoted(rest)] : [])];
}

function spec({ word, description, value }: OptionWords): string {
  const text = description.replace(/[[\]:\\]/g, '\\$&');
  const action =
    value === 'none'
      ? ''
      : value === 'any'
        ? ':value: '
        : value === 'file'
          ? ':file:_files'
          : value === 'folder'
            ? ':folder:_files -/'
            : `:value:(${value.join(' ')})`;
  return quoted(`${word}[${text}]${action}`);
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
