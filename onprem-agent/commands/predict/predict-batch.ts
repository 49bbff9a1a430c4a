import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { batchAnswerSchema, resultPageSchema } from '#core/api/batches.ts';
import { GraftError } from '#core/errors.ts';
import { EXIT_CODES } from '../../cli/errors.ts';
import type { Io } from '../../cli/io.ts';
import type { Output } from '../../cli/output.ts';
import { PATIENCE, type Patience, persistently } from './ask-api.ts';
import { BegunBatch } from './begun-batch.ts';
import { type ApiCall, type ApiOptions, callApi, PredictionRefusedError } from './call-api.ts';
import { type Predicted, ResultsFile } from './results-file.ts';

/** Milliseconds between two looks at a batch: the first, and the most. A batch takes minutes. */
const PAUSE_MS = { first: 1_000, most: 20_000 };

/** What is shown of the answers; another version of the API may say more. */
const batchSchema = z.object(batchAnswerSchema.shape);
type Batch = z.output<typeof batchSchema>;

/** Whether a path is of a folder in S3. */
export const isBatch = (path: string): boolean => path.startsWith('s3://');

interface BatchOptions extends Omit<ApiOptions, 'signal'> {
  input: string;
  out: string;
}

/**
 * `graft predict s3://… --domain … --out <file>`: starts a batch, waits for its end and writes a row for each
 * image. The same command, after a kill, finds the batch that it has started.
 *
 * @returns exit code 4 where images have no prediction
 */
export async function predictBatch(
  { input, out, ...api }: BatchOptions,
  { io, output }: { io: Io; output: Output },
  patience: Patience = PATIENCE,
): Promise<number> {
  const options = { ...api, signal: io.signal };
  const ask = <Schema extends z.ZodType>(call: ApiCall, schema: Schema) =>
    persistently(() => callApi(call, schema, options), patience, io.signal);
  const results = await ResultsFile.open(out);
  try {
    const begun = await BegunBatch.open(`${out}.batch`, { input, domain: api.domain, key: randomUUID() });
    const started = await ask(startOf(input, begun.key), batchSchema).catch(async (error: unknown) => {
      if (isNotStarted(error)) await begun.forget();
      throw error;
    });
    const batch = await untilItEnds(started, {
      look: (id) => ask({ what: 'a batch', method: 'GET', path: `batches/${id}` }, batchSchema),
      pause: (milliseconds) => patience.pause(milliseconds, io.signal),
      output,
    });
    const counts = await collect(batch.id, results, ask);
    await begun.forget();
    if (batch.status !== 'SUCCEEDED') throw notSucceeded(batch, counts.predicted);
    const { predicted, failed } = counts;
    const without = failed === 0 ? '' : `, ${failed} have none, for the reason in their row`;
    const ok = failed === 0;
    output.result(
      { command: 'predict', ok, out, batch: batch.id, images: predicted + failed, predicted, failed },
      `${predicted} predictions in ${out}${without}`,
    );
    return ok ? EXIT_CODES.ok : EXIT_CODES.someFailed;
  } finally {
    await results.close();
  }
}

/** Whether the API has said that it starts no such batch. */
const isNotStarted = (error: unknown) =>
  error instanceof PredictionRefusedError && [400, 404, 422].includes(error.status);

const startOf = (input: string, idempotencyKey: string): ApiCall => ({
  ...{ what: 'a batch', method: 'POST', path: 'batches', type: 'application/json', idempotencyKey },
  body: Buffer.from(JSON.stringify({ input })),
});

interface Waiting {
  look(id: string): Promise<Batch>;
  pause(milliseconds: number): Promise<unknown>;
  output: Output;
}

async function untilItEnds(started: Batch, { look, pause, output }: Waiting): Promise<Batch> {
  const { id, images } = started;
  output.note('batch', { id, images }, `Batch ${id} of ${images} images is running; it goes on if this ends`);
  const progress = output.progress('predict', 'predict');
  try {
    let [batch, wait] = [started, PAUSE_MS.first];
    while (batch.status === 'RUNNING' || batch.status === 'STOPPING') {
      progress.update({ done: batch.results, total: images, unit: 'img' });
      await pause(wait);
      wait = Math.min(PAUSE_MS.most, wait * 2);
      batch = await look(id);
    }
    return batch;
  } finally {
    progress.end();
  }
}

type Ask = <Schema extends z.ZodType>(call: ApiCall, schema: Schema) => Promise<z.output<Schema>>;

/** Writes the rows that are not there yet. */
async function collect(id: string, results: ResultsFile, ask: Ask) {
  let [predicted, failed] = [0, 0];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '100', top: '1', ...(next === undefined ? {} : { next }) });
    const path = `batches/${id}/results?${query}`;
    const page = await ask({ what: 'results', method: 'GET', path }, resultPageSchema);
    const rows = page.items.map(
      (item): Predicted =>
        'problem' in item ? { id: item.image, error: item.problem.detail } : { id: item.image, answer: item },
    );
    failed += rows.filter((row) => 'error' in row).length;
    predicted += rows.filter((row) => 'answer' in row).length;
    await results.add(rows.filter((row) => !results.done.has(row.id)));
    next = page.next;
  } while (next !== undefined);
  return { predicted, failed };
}

function notSucceeded({ id, status, reason }: Batch, predicted: number): GraftError {
  const how = status === 'STOPPED' ? 'was stopped' : `failed: ${reason ?? 'SageMaker gave no reason'}`;
  return new GraftError('BatchFailed', `Batch ${id} ${how}`, {
    hint: `${predicted} images have a row. The same command starts another batch; its log group is /aws/sagemaker/TransformJobs.`,
  });
}
