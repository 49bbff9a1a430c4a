import type { APIGatewayProxyEvent } from 'aws-lambda';
import { SERVERLESS_BODY_BYTES } from '#core/request-limits.ts';
import { ProblemError } from './problem.ts';

/** Whatever the domain's endpoint is: a base64-encoded body of Lambda's 6 MB limit is hardly more. */
const MAXIMUM_BODY_BYTES = SERVERLESS_BODY_BYTES;

const contentTypes = ['image/png', 'image/jpeg', 'image/webp', 'application/json'];

/**
 * The image (or JSON) that the caller sent.
 *
 * @throws ProblemError 415, 400 or 413
 */
export function readImageRequest(event: APIGatewayProxyEvent): { contentType: string; body: Buffer } {
  const header = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type');
  const contentType = (header?.[1] ?? '').split(';')[0]!.trim().toLowerCase();
  if (!contentTypes.includes(contentType)) {
    throw new ProblemError(
      415,
      `The content type is ${contentType === '' ? 'missing' : `"${contentType}"`}: send one of ${contentTypes.join(', ')}`,
    );
  }
  if (event.body === null || event.body === undefined || event.body === '') {
    throw new ProblemError(400, 'The request has no body: send the image itself, or JSON with it');
  }
  if (contentType.startsWith('image/') && !event.isBase64Encoded) {
    // API Gateway has turned the bytes into text, which cannot be undone.
    throw new Error(`binaryMediaTypes of the REST API does not have ${contentType}`);
  }
  const body = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length > MAXIMUM_BODY_BYTES) {
    throw new ProblemError(
      413,
      `The body has ${body.length} bytes, at most ${MAXIMUM_BODY_BYTES} are taken: send a smaller image`,
    );
  }
  return { contentType, body };
}
