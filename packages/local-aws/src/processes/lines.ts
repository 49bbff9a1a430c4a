import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * A longer line is split into pieces of so many characters: a child without newlines must not fill our
 * memory.
 */
const LONGEST_LINE = 64 * 1024;

/**
 * Calls back with every line of a byte stream, without its line end; also with a last line that has none.
 */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    while (rest.length > LONGEST_LINE) {
      onLine(rest.slice(0, LONGEST_LINE));
      rest = rest.slice(LONGEST_LINE);
    }
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest !== '') onLine(rest);
    rest = '';
  });
}
