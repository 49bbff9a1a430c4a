import * as z from 'zod';
import type { BatchResult } from '#core/api/batches.ts';
import { type BatchRecord, imageProblemSchema } from '#core/contracts/batch.ts';
import { type PredictionResponse, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { batchResultsPrefix } from '#core/keys.ts';
import type { Bucket, StoredObject } from '../aws/bucket.ts';

/** Lambda takes 6 MB; what `?top=` leaves out is not known before the results are read. */
const MOST_BYTES = 4_000_000;
/** What SageMaker puts behind an image's name. */
const ENDING = '.out';

/** What the container writes about an image that it cannot predict (`container/serve/batch.ts`). */
const refusedSchema = z.object({ problem: z.object(imageProblemSchema.shape) });

/** A result as it was written. */
export type StoredResult =
  | Exclude<BatchResult, { predictions: unknown }>
  | (PredictionResponse & { image: string });

/**
 * A page of a batch's results in the order of the images' names, and at the end those that were never asked
 * about.
 *
 * @param after the last image of the page before
 * @returns `next` while there is more
 */
export async function readResults(
  artifacts: Bucket,
  { domain, id, record }: { domain: string; id: string; record: BatchRecord },
  { limit, after }: { limit: number; after: string | undefined },
): Promise<{ results: StoredResult[]; next?: string }> {
  const prefix = batchResultsPrefix(domain, id);
  const { objects, more } = await artifacts.objectPage(prefix, {
    size: limit,
    ...(after === undefined ? {} : { after: `${prefix}${after}${ENDING}` }),
  });
  const page = withinBytes(objects);
  const images = page.map(({ key }) => key.slice(prefix.length).replace(/\.out$/, ''));
  const results = await Promise.all(
    page.map(async ({ key }, at) => resultOf(images[at]!, await artifacts.read(key))),
  );
  if (more || page.length < objects.length) return { results, next: images.at(-1)! };
  return { results: [...results, ...record.refused] };
}

/** Images whose result is there. */
export async function countResults(artifacts: Bucket, domain: string, id: string): Promise<number> {
  let count = 0;
  for await (const _ of artifacts.list(batchResultsPrefix(domain, id))) count++;
  return count;
}

function withinBytes(objects: readonly StoredObject[]): StoredObject[] {
  let bytes = 0;
  const page = objects.filter(({ size }) => {
    bytes += size;
    return bytes <= MOST_BYTES;
  });
  return page.length === 0 ? objects.slice(0, 1) : page;
}

function resultOf(image: string, bytes: Uint8Array): StoredResult {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    value = undefined;
  }
  const prediction = predictionResponseSchema.safeParse(value);
  if (prediction.success) return { image, ...prediction.data };
  const refused = refusedSchema.safeParse(value);
  if (refused.success) return { image, problem: refused.data.problem };
  return { image, problem: { status: 502, detail: 'The model gave an answer that is no prediction' } };
}
