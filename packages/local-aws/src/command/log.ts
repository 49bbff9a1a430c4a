import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { createStream } from 'rotating-file-stream';

/** A log file is set aside at this size; `local.log.1` is the newest of those kept. */
const FILE_SIZE = '20M';
const FILES_KEPT = 3;

/** The local AWS's log, and where a person finds it. */
export interface Log {
  log: Logger;
  /** Path of the file, `undefined` when the log goes to standard error. */
  file: string | undefined;
  /** Settles when everything is written. */
  close(): Promise<void>;
}

/** Log lines on standard error, for a program that reads them there. */
export function logToStderr(): Log {
  // Written at once, so that the last lines before an exit are not lost.
  const log = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }));
  return { log, file: undefined, close: () => Promise.resolve() };
}

/** Log lines in `local.log` of this folder, which never takes more than a few dozen megabytes. */
export function logToFolder(folder: string): Log {
  const stream = createStream('local.log', { path: folder, size: FILE_SIZE, rotate: FILES_KEPT });
  // A full disk must not end the program; what it does matters more than what it writes down.
  stream.on('error', () => {});
  return {
    log: pino({ level: 'info' }, stream),
    file: join(folder, 'local.log'),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}
