import { topics } from '../../cli/topics.ts';
import { isPath, valueHintOf } from '../../settings/resolve.ts';
import { commands } from '../index.ts';

/** What a shell completes of one option. */
export interface OptionWords {
  /** With its dashes. */
  word: string;
  description: string;
  value: 'none' | 'any' | 'file' | 'folder' | readonly string[];
}

export interface CommandWords {
  /** One word or two. */
  name: string;
  description: string;
  options: OptionWords[];
  /** Whether words that are no options follow: files and folders, or anything. */
  takesWords: boolean;
  /** Words that are offered for them. */
  offered: readonly string[];
}

/** Everything that a shell may complete, from the commands' definitions. */
export async function completionWords(): Promise<CommandWords[]> {
  const all = await Promise.all(
    Object.entries(commands).map(async ([name, entry]): Promise<CommandWords> => {
      const { args, takesProgram } = await entry.load();
      const definitions = Object.entries(args);
      const places = definitions.filter(([, definition]) => definition.type === 'positional');
      return {
        name,
        description: entry.description,
        takesWords: places.length > 0 || takesProgram === true,
        offered: OFFERED[name] ?? [],
        options: definitions
          .filter(([, definition]) => definition.type !== 'positional')
          .map(([option, definition]) => ({
            word: `--${option}`,
            description: definition.description ?? '',
            value: valueKindOf(definition),
          })),
      };
    }),
  );
  const help = { options: [], takesWords: true, offered: [...Object.keys(topics), ...firstWords(all)] };
  return [...all, { name: 'help', description: 'Explain a command or a topic', ...help }];
}

/** Words instead of files. */
const OFFERED: Record<string, readonly string[]> = {
  completion: ['bash', 'zsh', 'fish'],
  config: Object.keys(commands).filter((name) => !name.includes(' ')),
};

function valueKindOf(definition: Parameters<typeof isPath>[0]): OptionWords['value'] {
  if (definition.type === 'boolean') return 'none';
  if (definition.type === 'enum') return (definition as { options?: string[] }).options ?? [];
  if (!isPath(definition)) return 'any';
  return valueHintOf(definition) === 'DIR' ? 'folder' : 'file';
}

/** `train`, `data`, … */
export const firstWords = (all: readonly CommandWords[]): string[] => [
  ...new Set(all.map(({ name }) => name.split(' ')[0]!)),
];

/** First word → the words that make a command of two: `data` → `push`. */
export function secondWords(all: readonly CommandWords[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of all) {
    const [first, second] = name.split(' ');
    if (second !== undefined) found.set(first!, [...(found.get(first!) ?? []), second]);
  }
  return found;
}
