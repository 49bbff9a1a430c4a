import { styleText } from 'node:util';
import { type Moment, renderBar } from '../onprem-agent/cli/progress-bar.ts';
import { wrap, wrapCommand } from './wrap.ts';

/** Columns of a log file, and of a terminal that does not say how wide it is. */
const COLUMNS = 80;

/** What a piece of text means; terminals show it in colour. */
export type Tone = 'good' | 'bad' | 'heading' | 'faint';
const formats = { good: 'green', bad: 'red', heading: 'bold', faint: 'dim' } as const;

/** Where `npm start` tells its story: a terminal or a log file. */
export interface Screen {
  /** A line that stays. A long one is wrapped between words. */
  line(text?: string): void;
  /** A command that works as printed. A long one takes several lines. */
  command(words: readonly string[]): void;
  /** A line that the next `status`, `bar` or `line` replaces; shown on terminals only. */
  status(text: string): void;
  /** A progress bar instead of the status line; in a log file one line for every tenth. */
  bar(label: string, moment: Moment): void;
  /** The text in the colour of its tone, if there are colours. */
  paint(tone: Tone, text: string): string;
}

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  // Also false where NO_COLOR is set.
  const colours = terminal && stream.hasColors();
  const columns = () => (terminal ? Math.max(40, stream.columns ?? COLUMNS) : COLUMNS);
  const startedAt = new Map<string, number>();
  let lastTenth = '';
  const write = (lines: readonly string[]) => {
    if (terminal) stream.write('\r\x1b[K');
    stream.write(`${lines.join('\n')}\n`);
  };
  return {
    line: (text = '') => write(wrap(text, columns())),
    command: (words) => write(wrapCommand(words, columns())),
    status(text) {
      if (!terminal) return;
      stream.write(`\r\x1b[K${wrap(text, columns() - 1)[0]}`);
    },
    bar(label, moment) {
      const now = performance.now() / 1000;
      const since = startedAt.get(label) ?? now;
      startedAt.set(label, since);
      const text = renderBar(label, moment, now - since, columns());
      if (terminal) return this.status(text);
      const tenth = `${label}${Math.floor((10 * moment.done) / Math.max(1, moment.total))}`;
      if (tenth !== lastTenth) stream.write(`${text}\n`);
      lastTenth = tenth;
    },
    paint: (tone, text) => (colours ? styleText(formats[tone], text) : text),
  };
}
