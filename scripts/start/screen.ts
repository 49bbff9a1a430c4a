import { type Moment, renderBar } from '../../onprem-agent/progress-bar.ts';

/** Where `npm start` tells its story: a terminal or a log file. */
export interface Screen {
  /** A line that stays. */
  line(text?: string): void;
  /** A line that the next `status`, `bar` or `line` replaces; shown on terminals only. */
  status(text: string): void;
  /** A progress bar in the place of the status line; on a log file one line for every tenth. */
  bar(label: string, moment: Moment): void;
}

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  const startedAt = new Map<string, number>();
  let lastTenth = '';
  const erase = () => {
    if (terminal) stream.write('\r\x1b[K');
  };
  return {
    line(text = '') {
      erase();
      stream.write(`${text}\n`);
    },
    status(text) {
      if (!terminal) return;
      erase();
      stream.write([...text].slice(0, (stream.columns ?? 80) - 1).join(''));
    },
    bar(label, moment) {
      const now = performance.now() / 1000;
      const since = startedAt.get(label) ?? now;
      startedAt.set(label, since);
      const text = renderBar(label, moment, now - since, terminal ? (stream.columns ?? 80) : 200);
      if (terminal) return this.status(text);
      const tenth = `${label}${Math.floor((10 * moment.done) / Math.max(1, moment.total))}`;
      if (tenth !== lastTenth) stream.write(`${text}\n`);
      lastTenth = tenth;
    },
  };
}
