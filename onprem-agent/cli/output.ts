import { errorFields, errorText } from './errors.ts';
import type { Io } from './io.ts';
import { type Moment, renderBar } from './progress-bar.ts';

/** Shows how far a piece of work is. */
export interface Progress {
  update(moment: Moment): void;
  /** Leaves the last line standing. */
  end(): void;
}

/**
 * Where a command writes. For people: progress and notes on standard error, the result on standard output.
 * With `--json`: one JSON object a line on standard output, each with an `event`, the last one `result` or
 * `error`.
 */
export interface Output {
  /** One finished step. `text` is the line for people. */
  note(event: string, fields: Record<string, unknown>, text: string): void;
  /** As `note`, for something that deserves attention but stops nothing. */
  warn(fields: Record<string, unknown>, text: string): void;
  progress(event: string, label: string): Progress;
  /** The result. `text` is the form for people, one line or several. */
  result(fields: Record<string, unknown>, text: string): void;
  fail(error: unknown): void;
}

/** Milliseconds between two redraws of a terminal's line. */
const REDRAW_MS = 100;
/** Milliseconds between two lines of a log file, or two events of `--json`. */
const LINE_MS = { text: 10_000, json: 1_000 };

export function createOutput(io: Io, json: boolean): Output {
  const emit = (event: string, fields: Record<string, unknown>) =>
    io.stdout(`${JSON.stringify({ event, ...fields })}\n`);

  if (json) {
    return {
      note: (event, fields) => emit(event, fields),
      warn: (fields, text) => emit('warning', { message: text, ...fields }),
      progress: (event) =>
        throttled(io, LINE_MS.json, ({ details, ...moment }) =>
          emit('progress', { of: event, ...moment, ...details }),
        ),
      result: (fields) => emit('result', { ok: true, ...fields }),
      fail: (error) => emit('error', { ok: false, ...errorFields(error) }),
    };
  }
  // A line takes the place of the bar, which comes back below it when it is drawn the next time.
  let isDrawn = false;
  const line = (text: string) => {
    io.stderr(`${isDrawn ? ERASE : ''}${text}\n`);
    isDrawn = false;
  };
  const drawn = (is: boolean) => {
    isDrawn = is;
  };
  return {
    note: (_event, _fields, text) => line(text),
    warn: (_fields, text) => line(`warning: ${text}`),
    progress: (_event, label) => (io.isTerminal ? redrawn(io, label, drawn) : lines(io, label)),
    result: (_fields, text) => io.stdout(`${text}\n`),
    fail: (error) => io.stderr(errorText(error)),
  };
}

/** Carriage return, erase to the line's end. */
const ERASE = '\r\x1b[K';

/**
 * One line, redrawn: carriage return, the line, erase to its end.
 *
 * @param drawn is told whether the line is there
 */
function redrawn(io: Io, label: string, drawn: (is: boolean) => void): Progress {
  const startedAt = io.now();
  const draw = (moment: Moment) => {
    io.stderr(`\r${renderBar(label, moment, (io.now() - startedAt) / 1000, io.columns)}\x1b[K`);
    drawn(true);
  };
  const bar = throttled(io, REDRAW_MS, draw);
  return {
    update: bar.update,
    end() {
      bar.end();
      io.stderr('\n');
      drawn(false);
    },
  };
}

/** Without control codes: a new line from time to time. */
function lines(io: Io, label: string): Progress {
  const startedAt = io.now();
  return throttled(io, LINE_MS.text, (moment) =>
    io.stderr(`${renderBar(label, moment, (io.now() - startedAt) / 1000, 200)}\n`),
  );
}

/** Shows the first state, then one every `milliseconds`, and always the last one. */
function throttled(io: Io, milliseconds: number, show: (moment: Moment) => void): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let pending: Moment | undefined;
  return {
    update(moment) {
      if (io.now() - shownAt < milliseconds) {
        pending = moment;
        return;
      }
      shownAt = io.now();
      pending = undefined;
      show(moment);
    },
    end() {
      if (pending !== undefined) show(pending);
      pending = undefined;
    },
  };
}
