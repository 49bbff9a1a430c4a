import { randomBytes } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { formatAmount } from '../../cli/progress-bar.ts';
import { WRONG_MD5 } from './check-bucket.ts';
import type { Report } from './finding.ts';

/** Bytes that are sent: enough for a second on a slow line. */
const BYTES = 512 * 1024;
const LIMIT_MS = 60_000;

/**
 * How fast bytes go to S3, over one connection. Their digest is wrong on purpose, so S3 takes them all and
 * stores none.
 */
export async function checkSpeed(
  { s3, bucket, signal }: { s3: S3Client; bucket: string; signal: AbortSignal },
  report: Report,
): Promise<void> {
  // Bytes that no proxy can compress.
  const Body = randomBytes(BYTES);
  const started = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: 'general/graft-doctor/speed',
        Body,
        ContentMD5: WRONG_MD5,
      }),
      { abortSignal: limit },
    );
  } catch (error) {
    signal.throwIfAborted();
    const { name } = error as Error;
    if (name === 'BadDigest') {
      const rate = BYTES / ((performance.now() - started) / 1_000);
      report('ok', `${formatAmount(rate, 'B')}/s to S3, over one connection`);
    } else report('skipped', `nothing could be sent (${name})`);
    return;
  }
  report('skipped', 'S3 took bytes with a wrong digest, so it is not the real one');
}
