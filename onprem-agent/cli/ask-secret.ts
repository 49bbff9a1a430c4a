import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks a person something that must not be seen: what is typed is not shown.
 *
 * @returns the line without its end
 * @throws the signal's reason when Ctrl-C is pressed meanwhile
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  // The terminal is in raw mode meanwhile, and what readline would echo goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(new Error('The input has ended before the answer')));
      // In raw mode Ctrl-C is a key like others. The signal aborts, as it does at any other time.
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
