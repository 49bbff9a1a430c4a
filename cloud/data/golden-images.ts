import { CopyObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type EvaluationRow, evaluationRowSchema } from '#core/contracts/evaluation.ts';
import { GoldenMismatchError, IntegrityError } from '#core/errors.ts';
import { goldenCandidates, MAXIMUM_GOLDEN_IMAGES } from '#core/golden-images.ts';
import { goldenImageKey, goldenRecordKey, imagesPrefix } from '#core/keys.ts';
import { type Bucket, isNoSuchObject, isPreconditionFailed, type StoredObject } from '../aws/bucket.ts';

/** A test image, and what the endpoint must answer about it. */
export interface GoldenImage {
  row: EvaluationRow;
  bucket: Bucket;
  key: string;
}

const recordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  images: z.array(evaluationRowSchema).min(1).max(MAXIMUM_GOLDEN_IMAGES),
});

export interface GoldenSource {
  data: Bucket;
  domain: string;
  rows: readonly EvaluationRow[];
  /** Largest image that the endpoint accepts, in bytes. */
  limit: number;
  /**
   * Milliseconds since 1970. An image that was written later may differ from the one that the training job
   * read.
   */
  since: number;
}

/**
 * Copies one test image of every class, at most 50, into the promotion's folder. ConfirmEndpoint asks the
 * endpoint about them, perhaps days later, when the domain owner may have replaced or removed the originals.
 * A second call changes nothing.
 *
 * @param evaluation key of the evaluation in the artifacts bucket
 * @throws IntegrityError when every test image has changed since the training job read it
 */
export async function keepGoldenImages(
  artifacts: Bucket,
  evaluation: string,
  source: GoldenSource,
): Promise<void> {
  const record = goldenRecordKey(evaluation);
  if (await artifacts.exists(record)) return;
  const { data, domain } = source;
  const prefix = imagesPrefix(domain, 'test');
  const images: EvaluationRow[] = [];
  const { candidates, stored } = await candidatesOf(source);
  for (const rows of candidates) {
    if (images.length === MAXIMUM_GOLDEN_IMAGES) break;
    for (const row of rows) {
      const from = { bucket: data, key: prefix + row.id, etag: stored.get(row.id)!.etag };
      const to = { bucket: artifacts, key: goldenImageKey(evaluation, row.id) };
      if (!(await copyUnchanged(from, to))) continue;
      images.push(row);
      break;
    }
  }
  if (images.length === 0) {
    throw new IntegrityError(
      `None of the test images of "${domain}" that the endpoint takes is unchanged since the promotion began, so no endpoint could be confirmed`,
      { hint: 'The data changed meanwhile: start the promotion again.' },
    );
  }
  // Last: the record names only images that are already copied.
  await artifacts.writeJson(record, { schemaVersion: 1, images });
}

/** The golden images that were kept with an evaluation; undefined where an older Graft kept none. */
export async function findKeptImages(
  artifacts: Bucket,
  evaluation: string,
): Promise<GoldenImage[] | undefined> {
  const found = await artifacts.findJson(goldenRecordKey(evaluation), recordSchema);
  return found?.images.map((row) => ({
    row,
    bucket: artifacts,
    key: goldenImageKey(evaluation, row.id),
  }));
}

/**
 * Golden images from the domain's own folder, for a promotion that kept none.
 *
 * @throws GoldenMismatchError when no test image is old enough and small enough
 */
export async function chooseGoldenImages(source: GoldenSource): Promise<GoldenImage[]> {
  const { data, domain, since } = source;
  const { candidates } = await candidatesOf(source);
  if (candidates.length === 0) {
    const when = Number.isFinite(since) ? ` as it was at ${new Date(since).toISOString()}, or` : '';
    throw new GoldenMismatchError(
      `None of the test images of "${domain}" is${when} small enough for the endpoint, so the model cannot be confirmed`,
    );
  }
  return candidates.slice(0, MAXIMUM_GOLDEN_IMAGES).map(([row]) => ({
    row: row!,
    bucket: data,
    key: `${imagesPrefix(domain, 'test')}${row!.id}`,
  }));
}

async function candidatesOf({ data, domain, rows, limit, since }: GoldenSource) {
  const prefix = imagesPrefix(domain, 'test');
  const stored = new Map<string, StoredObject>();
  for await (const object of data.list(prefix)) {
    if (object.size <= limit && object.modified <= since) stored.set(object.key.slice(prefix.length), object);
  }
  return { stored, candidates: goldenCandidates(rows, ({ id }) => stored.has(id)) };
}

/** @returns false when the image was removed or replaced after it was listed */
async function copyUnchanged(
  from: { bucket: Bucket; key: string; etag: string },
  to: { bucket: Bucket; key: string },
): Promise<boolean> {
  try {
    await to.bucket.s3.send(
      new CopyObjectCommand({
        Bucket: to.bucket.name,
        Key: to.key,
        CopySource: `${from.bucket.name}/${from.key.split('/').map(encodeURIComponent).join('/')}`,
        CopySourceIfMatch: from.etag,
        // The tags belong to the domain owner, and copying them would need further permissions.
        TaggingDirective: 'REPLACE',
      }),
    );
    return true;
  } catch (error) {
    if (isNoSuchObject(error) || isPreconditionFailed(error)) return false;
    throw error;
  }
}
