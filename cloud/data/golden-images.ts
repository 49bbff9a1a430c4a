import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { type EvaluationRow, evaluationRowSchema } from '#core/contracts/evaluation.ts';
import { GoldenMismatchError, IntegrityError } from '#core/errors.ts';
import { goldenCandidates, MAXIMUM_GOLDEN_IMAGES } from '#core/golden-images.ts';
import { goldenImageKey, goldenRecordKey, imagesPrefix } from '#core/keys.ts';
import {
  findJson,
  isNoSuchObject,
  isPreconditionFailed,
  listObjects,
  objectExists,
  type StoredObject,
  writeJson,
} from '../aws/objects.ts';

/** What the endpoint has to answer, and where the image lies. */
export interface GoldenImage {
  row: EvaluationRow;
  bucket: string;
  key: string;
}

const recordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  images: z.array(evaluationRowSchema).min(1).max(MAXIMUM_GOLDEN_IMAGES),
});

export interface GoldenSource {
  dataBucket: string;
  domain: string;
  rows: readonly EvaluationRow[];
  /** Bytes that the endpoint takes. */
  limit: number;
  /** Milliseconds since 1970: an image that was written later may be another one than the training job has seen. */
  since: number;
}

/**
 * Keeps a copy of one test image of every class with the promotion, at most 50: those that the endpoint will be asked about. Days may pass
 * until then, in which their owner replaces or removes them. Kept once: asked again, it leaves what is there.
 *
 * @param evaluation key of the evaluation in the artifacts bucket
 * @throws IntegrityError when no test image is as the training job has seen it
 */
export async function keepGoldenImages(
  s3: S3Client,
  artifactsBucket: string,
  evaluation: string,
  source: GoldenSource,
): Promise<void> {
  const record = goldenRecordKey(evaluation);
  if (await objectExists(s3, artifactsBucket, record)) return;
  const { dataBucket, domain } = source;
  const prefix = imagesPrefix(domain, 'test');
  const images: EvaluationRow[] = [];
  const { candidates, stored } = await candidatesOf(s3, source);
  for (const rows of candidates) {
    if (images.length === MAXIMUM_GOLDEN_IMAGES) break;
    for (const row of rows) {
      const from = { bucket: dataBucket, key: prefix + row.id, etag: stored.get(row.id)!.etag };
      if (!(await isCopied(s3, from, artifactsBucket, goldenImageKey(evaluation, row.id)))) continue;
      images.push(row);
      break;
    }
  }
  if (images.length === 0) {
    throw new IntegrityError(
      `None of the test images of "${domain}" that the endpoint takes is as it was when the promotion began, so no endpoint could be confirmed`,
      { hint: 'The data changed meanwhile: start the promotion again.' },
    );
  }
  // Last: what is listed there is there.
  await writeJson(s3, artifactsBucket, record, { schemaVersion: 1, images });
}

/** The golden images that were kept with an evaluation; undefined where there are none, as of a model that an older Graft promoted. */
export async function findKeptImages(
  s3: S3Client,
  artifactsBucket: string,
  evaluation: string,
): Promise<GoldenImage[] | undefined> {
  const found = await findJson(s3, artifactsBucket, goldenRecordKey(evaluation), recordSchema);
  return found?.value.images.map((row) => ({
    row,
    bucket: artifactsBucket,
    key: goldenImageKey(evaluation, row.id),
  }));
}

/**
 * Golden images from the domain's own folder, where none were kept.
 *
 * @throws GoldenMismatchError when there is none that the endpoint takes and that was there at the time
 */
export async function chooseGoldenImages(s3: S3Client, source: GoldenSource): Promise<GoldenImage[]> {
  const { dataBucket, domain, since } = source;
  const { candidates } = await candidatesOf(s3, source);
  if (candidates.length === 0) {
    const when = Number.isFinite(since) ? ` as it was at ${new Date(since).toISOString()}, or` : '';
    throw new GoldenMismatchError(
      `None of the test images of "${domain}" is${when} small enough for the endpoint, so the model cannot be confirmed`,
    );
  }
  return candidates.slice(0, MAXIMUM_GOLDEN_IMAGES).map(([row]) => ({
    row: row!,
    bucket: dataBucket,
    key: `${imagesPrefix(domain, 'test')}${row!.id}`,
  }));
}

async function candidatesOf(s3: S3Client, { dataBucket, domain, rows, limit, since }: GoldenSource) {
  const prefix = imagesPrefix(domain, 'test');
  const stored = new Map<string, StoredObject>();
  for await (const object of listObjects(s3, dataBucket, prefix)) {
    if (object.size <= limit && object.modified <= since) stored.set(object.key.slice(prefix.length), object);
  }
  return { stored, candidates: goldenCandidates(rows, ({ id }) => stored.has(id)) };
}

/** @returns false when the image was removed or replaced since it was listed */
async function isCopied(
  s3: S3Client,
  from: { bucket: string; key: string; etag: string },
  bucket: string,
  key: string,
): Promise<boolean> {
  try {
    await s3.send(
      new CopyObjectCommand({
        Bucket: bucket,
        Key: key,
        CopySource: `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`,
        CopySourceIfMatch: from.etag,
        // Tags are the owner's, and to copy them would take permissions of their own.
        TaggingDirective: 'REPLACE',
      }),
    );
    return true;
  } catch (error) {
    if (isNoSuchObject(error) || isPreconditionFailed(error)) return false;
    throw error;
  }
}
