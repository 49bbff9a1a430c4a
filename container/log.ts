import { type Logger, pino } from 'pino';

/**
 * JSON lines on standard error: standard output is for metric lines alone. Synchronous, so that the last line
 * before an exit is never lost. A training job writes a few dozen lines, an endpoint one for each
 * request that is refused or fails.
 */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }));
}
