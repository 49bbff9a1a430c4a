import { type CommandWords, firstWords, type OptionWords, secondWords } from './words.ts';

/** For a file `graft.fish` in a folder of completions of fish. */
export function fishCompletion(all: readonly CommandWords[]): string {
  const two = all.filter(({ name }) => name.includes(' ')).map(({ name }) => quoted(name));
  const first = firstWords(all).map((word) => {
    const own = all.find(({ name }) => name === word) ?? all.find(({ name }) => name.startsWith(`${word} `));
    return `complete -c graft -n 'test -z (__graft_command)' -a ${word} -d ${quoted(own!.description)}`;
  });
  const second = [...secondWords(all)].map(
    ([word, seconds]) =>
      `complete -c graft -n 'test (count (commandline -opc)) -eq 2; and test (__graft_command) = ${word}' -a ${quoted(seconds.join(' '))}`,
  );
  return `# Completion of graft for fish:  graft completion fish | source
function __graft_command
  set -l words (commandline -opc)
  if contains -- "$words[2] $words[3]" ${two.join(' ')}
    echo "$words[2] $words[3]"
  else
    echo "$words[2]"
  end
end
complete -c graft -f
${[...first, ...second, ...all.flatMap(linesOf)].join('\n')}
`;
}

function linesOf({ name, options, takesWords, offered }: CommandWords): string[] {
  const when = `complete -c graft -n ${quoted(`test (__graft_command) = "${name}"`)}`;
  const rest =
    offered.length > 0 ? [`${when} -a ${quoted(offered.join(' '))}`] : takesWords ? [`${when} -F`] : [];
  return [...options.map((option) => `${when} ${lineOf(option)}`), ...rest];
}

function lineOf({ word, description, value }: OptionWords): string {
  const option = `-l ${word.slice(2)} -d ${quoted(description)}`;
  if (value === 'none') return option;
  if (value === 'any') return `${option} -x`;
  if (value === 'file') return `${option} -r -F`;
  if (value === 'folder') return `${option} -x -a '(__fish_complete_directories)'`;
  return `${option} -x -a ${quoted(value.join(' '))}`;
}

const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
