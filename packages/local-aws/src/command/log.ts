import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { createStream } from 'rotating-file-stream';

/** A log file is set aside at this size; `local.log.1` is the newest of those kept. */
const FILE_SIZE = '20M';
const FILES_KEPT = 3;

/** A log and its file. */
export interface Log {
  log: Logger;
  /** Path of the file, `undefined` when the log goes to standard error. */
  file: string | undefined;
  /** Settles when everything is written. */
  close(): Promise<void>;
}

/** Log lines on standard error, for a program that reads them there. */
export function logToStderr(): Log {
  // Synchronous, so that the last lines before an exit are not lost.
  const log = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }));
  return { log, file: undefined, close: () => Promise.resolve() };
}

/**
 * Log lines in `local.log` of this folder. Old files are removed, so it takes a few dozen megabytes at most.
 */
export function logToFolder(folder: string): Log {
  const stream = createStream('local.log', { path: folder, size: FILE_SIZE, rotate: FILES_KEPT });
  // A full disk loses log lines, but does not end the program.
  stream.on('error', () => {});
  return {
    log: pino({ level: 'info' }, stream),
    file: join(folder, 'local.log'),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}
