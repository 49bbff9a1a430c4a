import type { Io } from '../../cli/io.ts';
import type { Output } from '../../cli/output.ts';
import type { ListedImage } from './list-images.ts';
import type { Answer } from './predict-locally.ts';
import { type Predicted, ResultsFile } from './results-file.ts';

/** What answers, and how much of it at once. */
export interface Predictor {
  /** @throws Error when the file is no image */
  read(path: string): Promise<Uint8Array>;
  /** For each image the answer, or why there is none. */
  ask(images: readonly Uint8Array[]): Promise<(Answer | Error)[]>;
  /** Images of one question, and their bytes, at most; a larger image is asked about alone. */
  batch: { images: number; bytes: number };
  /** Questions under way at once. */
  parallel: number;
}

export interface PredictedAll {
  predicted: number;
  /** Images that had a row already. */
  skipped: number;
  failed: number;
}

/**
 * Predicts all images that have no row in the results yet. An image that cannot be read or is refused gets a
 * row with the reason.
 *
 * @throws what `ask` throws; the rows that are there stay, and the same call goes on
 */
export async function predictAll(
  images: readonly ListedImage[],
  { predictor, out }: { predictor: Predictor; out: string },
  { io, output }: { io: Io; output: Output },
): Promise<PredictedAll> {
  const results = await ResultsFile.open(out);
  const progress = output.progress('predict', 'predict');
  const missing = images.filter(({ id }) => !results.done.has(id));
  let [next, predicted, failed] = [0, 0, 0];
  let failure: unknown;
  const keep = async (rows: readonly Predicted[]) => {
    await results.add(rows);
    for (const row of rows) {
      if ('error' in row) {
        failed++;
        output.warn({ id: row.id, reason: row.error }, `${row.id} has no prediction: ${row.error}`);
      } else predicted++;
    }
    progress.update({ done: predicted + failed, total: missing.length, unit: 'img' });
  };
  const work = async () => {
    let batch: { id: string; bytes: Uint8Array }[] = [];
    let size = 0;
    const flush = async () => {
      if (batch.length === 0) return;
      const asked = batch;
      [batch, size] = [[], 0];
      const answers = await predictor.ask(asked.map(({ bytes }) => bytes));
      await keep(asked.map(({ id }, i) => rowOf(id, answers[i]!)));
    };
    while (next < missing.length && failure === undefined) {
      io.signal.throwIfAborted();
      const { id, path } = missing[next++]!;
      const bytes = await predictor.read(path).catch((error: Error) => error);
      if (bytes instanceof Error) {
        await keep([{ id, error: bytes.message }]);
        continue;
      }
      if (size + bytes.length > predictor.batch.bytes) await flush();
      batch.push({ id, bytes });
      size += bytes.length;
      if (batch.length === predictor.batch.images) await flush();
    }
    if (failure === undefined) await flush();
  };
  try {
    const workers = Array.from({ length: predictor.parallel }, () =>
      work().catch((error: unknown) => {
        failure ??= error;
      }),
    );
    await Promise.all(workers);
    if (failure !== undefined) throw failure;
    return { predicted, skipped: images.length - missing.length, failed };
  } finally {
    progress.end();
    await results.close();
  }
}

const rowOf = (id: string, answer: Answer | Error): Predicted =>
  answer instanceof Error ? { id, error: answer.message } : { id, answer };
