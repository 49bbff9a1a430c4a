import { randomBytes } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import {
  MAXIMUM_UPLOAD_BYTES,
  UPLOAD_SECONDS,
  type UploadAnswer,
  uploadRequestSchema,
} from '#core/api/uploads.ts';
import { uploadKey } from '#core/keys.ts';
import { allowAny, type Callers, createCallers } from './http/access.ts';
import { jsonAnswer } from './http/answers.ts';
import { parseJsonBody } from './http/parse.ts';
import type { Handle } from './http/routes.ts';
import { api } from './middleware/api.ts';

interface UploadServices {
  s3: S3Client;
  bucket: string;
  callerOf: Callers;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * `POST /uploads`: a form with which the caller sends one image to S3, without passing through the API. S3
 * holds it to the type, the size and the time. Its name is drawn here, so no caller writes over another's.
 */
export function createUpload({ s3, bucket, callerOf, now }: UploadServices): Handle {
  return async function upload(event) {
    const caller = await callerOf(event);
    allowAny(caller, 'predict');
    const { contentType } = parseJsonBody(uploadRequestSchema, event);
    const key = randomBytes(16).toString('base64url');
    const expiresAt = new Date(now() + UPLOAD_SECONDS * 1000).toISOString();
    const { url, fields } = await createPresignedPost(s3, {
      Bucket: bucket,
      Key: uploadKey(caller.id, key),
      Fields: { 'Content-Type': contentType },
      // The SDK adds what the fields say.
      Conditions: [['content-length-range', 1, MAXIMUM_UPLOAD_BYTES]],
      Expires: UPLOAD_SECONDS,
    });
    const answer: UploadAnswer = { key, url, fields, maximumBytes: MAXIMUM_UPLOAD_BYTES, expiresAt };
    return jsonAnswer(201, answer);
  };
}

export const handler = api(() => {
  const { artifactsBucket, firstApiKeyId } = readSettings('artifactsBucket', 'firstApiKeyId');
  const s3 = s3Client();
  return createUpload({
    s3,
    bucket: artifactsBucket,
    callerOf: createCallers({
      artifacts: new Bucket(s3, artifactsBucket),
      firstKeyId: firstApiKeyId,
      now: Date.now,
    }),
    now: Date.now,
  });
});
