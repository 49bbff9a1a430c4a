import { type CommandWords, firstWords, type OptionWords, secondWords } from './words.ts';

/** Needs nothing but bash 4 itself. */
export function bashCompletion(all: readonly CommandWords[]): string {
  const two = all.filter(({ name }) => name.includes(' ')).map(({ name }) => `"${name}"`);
  return `# Completion of graft for bash:  source <(graft completion bash)
_graft_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_graft_paths() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
_graft() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local first="\${COMP_WORDS[1]}" command word
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then _graft_words "${firstWords(all).join(' ')} --help --version"; return; fi
  for word in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
    if [[ $word == -- ]]; then _graft_paths -f; return; fi
  done
  command=$first
  case "$first \${COMP_WORDS[2]}" in ${two.join('|')}) command="$first \${COMP_WORDS[2]}" ;; esac
  if (( COMP_CWORD == 2 )) && [[ $cur != -* ]]; then
    case $first in
${[...secondWords(all)].map(([first, seconds]) => `      ${first}) _graft_words "${seconds.join(' ')}"; return ;;`).join('\n')}
    esac
  fi
  case "$command:$prev" in
${all
  .flatMap(({ name, options }) => options.map((option) => valueCase(name, option)))
  .filter((line) => line !== '')
  .join('\n')}
  esac
  case $command in
${all.map(commandCase).join('\n')}
  esac
}
complete -F _graft graft
`;
}

function valueCase(name: string, { word, value }: OptionWords): string {
  if (value === 'none') return '';
  const action =
    value === 'any'
      ? ':'
      : value === 'file'
        ? '_graft_paths -f'
        : value === 'folder'
          ? '_graft_paths -d'
          : `_graft_words "${value.join(' ')}"`;
  return `    "${name}:${word}") ${action}; return ;;`;
}

function commandCase({ name, options, takesWords, offered }: CommandWords): string {
  const words = [...options.map(({ word }) => word), '--help'].join(' ');
  const others =
    offered.length > 0 ? `_graft_words "${offered.join(' ')}"` : takesWords ? '_graft_paths -f' : ':';
  return `    "${name}") if [[ $cur == -* ]]; then _graft_words "${words}"; else ${others}; fi ;;`;
}
