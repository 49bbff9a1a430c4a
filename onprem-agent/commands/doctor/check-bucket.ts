import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { explained } from '../../aws/explain.ts';
import type { Report } from './finding.ts';

/** A digest of MD5 that no content of these checks has. */
export const WRONG_MD5 = Buffer.alloc(16).toString('base64');
/** An ETag that no object has. */
const NO_ETAG = '"00000000000000000000000000000000"';

interface Asked {
  s3: S3Client;
  bucket: string;
  /** Below which the caller uploads, with a slash at its end. */
  folder: string;
  time: <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

interface Judge {
  report: Report;
  /** What it means where nothing may be uploaded. */
  mayPut: 'error' | 'warning';
  reportFailure(report: Report, error: unknown): void;
}

/**
 * What the caller may do with a bucket, found out by requests that S3 refuses in any case: an upload whose
 * digest is wrong, and a removal of an object with an ETag that no object has. S3 looks at permissions first,
 * so a refusal tells one from the other, and nothing is ever stored or removed.
 */
export async function checkBucket(asked: Asked, { report, mayPut, reportFailure }: Judge): Promise<void> {
  const { s3, bucket, folder, time } = asked;
  try {
    const listed = await answerOf(
      time((abortSignal) => s3.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal })),
      true,
    );
    if (listed.answer === 'missing') {
      report('error', `there is no such bucket: ${bucket}`, 'Check --bucket, or deploy the stack again.');
      return;
    }
    if (!['fine', 'denied'].includes(listed.answer)) throw listed.error;
    const key = `${folder}graft-doctor/${randomUUID()}`;
    const put = await answerOf(
      time((abortSignal) =>
        s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'graft', ContentMD5: WRONG_MD5 }), {
          abortSignal,
        }),
      ),
    );
    const removed = await answerOf(
      time((abortSignal) =>
        s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: NO_ETAG }), { abortSignal }),
      ),
    );
    const rights = [
      `list ${listed.answer === 'denied' ? 'no' : 'yes'}`,
      `put ${yesOrNo(put)}`,
      `delete ${yesOrNo(removed)}`,
    ].join(', ');
    const text = `${bucket}, below ${folder}: ${rights}`;
    if (put.answer === 'denied') {
      report(
        mayPut,
        text,
        `Ask for s3:PutObject on ${bucket}/${folder}* (docs/agent.md lists what is needed).`,
      );
    } else if (put.answer === 'unknown') reportFailure(report, put.error);
    else if (removed.answer === 'fine' || removed.answer === 'refused') {
      report(
        'warning',
        text,
        'An agent needs no s3:DeleteObject: without it, a stolen machine cannot remove anything.',
      );
    } else report('ok', text);
  } catch (error) {
    const explainedError = await explained(`look at bucket ${bucket}`, () => Promise.reject(error)).catch(
      (caught: unknown) => caught,
    );
    reportFailure(report, explainedError);
  }
}

interface Answer {
  /** `missing`: the bucket. `refused`: not for want of permission. */
  answer: 'fine' | 'denied' | 'missing' | 'refused' | 'unknown';
  error?: unknown;
}

const yesOrNo = ({ answer }: Answer): string =>
  answer === 'denied' ? 'no' : answer === 'unknown' ? 'unknown' : 'yes';

/** Codes of S3 for the two requests that it must refuse. */
const REFUSALS = new Set(['BadDigest', 'InvalidDigest', 'PreconditionFailed', 'NoSuchKey', 'NotFound']);

async function answerOf(request: Promise<unknown>, ofBucket = false): Promise<Answer> {
  try {
    await request;
    return { answer: 'fine' };
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    if (name === 'NoSuchBucket' || (ofBucket && status === 404)) return { answer: 'missing', error };
    if (status === 403) return { answer: 'denied', error };
    if (status === 412 || REFUSALS.has(name)) return { answer: 'refused', error };
    return { answer: 'unknown', error };
  }
}
