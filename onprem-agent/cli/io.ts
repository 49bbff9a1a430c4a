import { whenToldToStop } from '#core/when-told-to-stop.ts';
import { askSecret } from './ask-secret.ts';
import { EXIT_CODES } from './errors.ts';

/** What a command uses of its process. Tests pass their own. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether standard error is a terminal: only then are lines redrawn. */
  isTerminal: boolean;
  /** Width of that terminal in characters. */
  columns: number;
  /** Asks for a line that is not shown while it is typed; absent where no terminal is. */
  askSecret?(question: string): Promise<string>;
  environment: NodeJS.ProcessEnv;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Aborted by Ctrl-C, SIGTERM or the end of the terminal. */
  signal: AbortSignal;
}

/** The real process. The first Ctrl-C aborts cleanly, the second one ends at once. */
export function processIo(): Io {
  const interruption = new AbortController();
  whenToldToStop(() => {
    if (interruption.signal.aborted) process.exit(EXIT_CODES.interrupted);
    interruption.abort();
  });
  ignoreClosedPipe(process.stdout);
  ignoreClosedPipe(process.stderr);
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    columns: process.stderr.columns ?? 80,
    ...(process.stdin.isTTY === true && process.stderr.isTTY === true
      ? { askSecret: (question: string) => askSecret(question, interruption.signal) }
      : {}),
    environment: process.env,
    now: () => performance.now(),
    signal: interruption.signal,
  };
}

/** `graft … --json | head -1` closes the pipe early. That is no reason for a stack trace. */
function ignoreClosedPipe(stream: NodeJS.WriteStream) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
