import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { parseJson } from '#core/parse.ts';
import { type Measurement, measurementSchema, type Task } from './measurement.ts';

const lineSchema = z.strictObject({
  /** Digest of what the measurement depends on: the general model, the program, the backend. */
  subject: z.string(),
  measurement: measurementSchema,
});

export interface ResultsFile {
  find(task: Task): Measurement | undefined;
  add(measurement: Measurement): Promise<void>;
}

/**
 * Measurements, one JSON object a line, written one by one, so that an interrupted run can be resumed.
 *
 * @param subject only measurements of the same one count
 */
export async function openResults(path: string, subject: string): Promise<ResultsFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // What a killed run wrote last may be no whole line: it is cut off.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await writeFile(path, whole);
  const lines = whole.split('\n').slice(0, -1);
  const known = new Map<string, Measurement>();
  for (const line of lines) {
    const { subject: other, measurement } = parseJson(lineSchema, line, path);
    if (other === subject) known.set(keyOf(measurement), measurement);
  }
  return {
    find: (task) => known.get(keyOf(task)),
    async add(measurement) {
      known.set(keyOf(measurement), measurement);
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, `${JSON.stringify({ subject, measurement })}\n`);
    },
  };
}

const keyOf = ({ domain, images, seed, mode }: Task) => [domain, images, seed, mode].join(' ');
