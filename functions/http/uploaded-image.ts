import type { Bucket } from '#cloud/aws/bucket.ts';
import { predictionRequestSchema } from '#core/api/predictions.ts';
import { MAXIMUM_UPLOAD_BYTES } from '#core/api/uploads.ts';
import { uploadKey } from '#core/keys.ts';
import type { RequestType } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';

/** JSON that names an upload is short; a longer body has an image in it and is left to the container. */
const LONGEST_REFERENCE = 200;

/**
 * The key in JSON such as `{"key": "…"}`; undefined for a body that is anything else, which the container
 * looks at.
 */
export function uploadNamedIn(contentType: RequestType, body: Buffer): string | undefined {
  if (contentType !== 'application/json' || body.length > LONGEST_REFERENCE) return undefined;
  try {
    const request = predictionRequestSchema.safeParse(JSON.parse(body.toString('utf8')));
    return request.success && 'key' in request.data ? request.data.key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The image that this caller uploaded under the key. A key of another caller names nothing here.
 *
 * @throws ProblemError 404, 413
 */
export async function readUpload(artifacts: Bucket, caller: string, key: string): Promise<Buffer> {
  const object = await artifacts.find(uploadKey(caller, key));
  if (object === undefined) {
    throw new ProblemError(
      404,
      'There is no such upload: it has not arrived, is older than a day, or is not yours',
    );
  }
  if (object.bytes.length > MAXIMUM_UPLOAD_BYTES) {
    throw new ProblemError(413, `The upload has more than ${MAXIMUM_UPLOAD_BYTES} bytes`);
  }
  return Buffer.from(object.bytes);
}
