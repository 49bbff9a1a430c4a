import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type RequestType, requestType, SERVERLESS_BODY_BYTES } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';

/** The same for endpoints on instances: Lambda's limit of 6 MB for a body in base64 allows hardly more. */
const MAXIMUM_BODY_BYTES = SERVERLESS_BODY_BYTES;

/**
 * The image, or JSON with images, that the caller sent.
 *
 * @throws ProblemError 415, 400 or 413
 */
export function parseRequest(event: APIGatewayProxyEvent): { contentType: RequestType; body: Buffer } {
  const header = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type');
  const contentType = requestType(header?.[1]);
  if (event.body === null || event.body === undefined || event.body === '') {
    throw new ProblemError(400, 'The request has no body: send the image itself, or JSON with it');
  }
  if (contentType.startsWith('image/') && !event.isBase64Encoded) {
    // API Gateway has decoded the bytes as text, which loses some of them.
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
