/** What a request for a prediction may be, for the REST API, the container and the model registry. */

import type { EndpointSettings } from './contracts/domain.ts';
import { IMAGE_TYPES } from './image-files.ts';
import { ProblemError } from './problem.ts';

/** Content types of a prediction request: the bytes of an image, or JSON with images in base64. */
export const REQUEST_TYPES = [...IMAGE_TYPES, 'application/json'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/**
 * The media type in a `content-type` header, in lower case and without its parameters.
 *
 * @throws ProblemError 415 for any other than `REQUEST_TYPES`
 */
export function requestType(contentType: string | undefined): RequestType {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const accepted = REQUEST_TYPES.find((each) => each === type);
  if (accepted !== undefined) return accepted;
  const found = type === '' ? 'missing' : `"${type}"`;
  throw new ProblemError(415, `The content type is ${found}: send one of ${REQUEST_TYPES.join(', ')}`);
}

/** Images of one request in JSON. */
export const MAXIMUM_INSTANCES = 32;

/** The largest body, in bytes, that `InvokeEndpoint` takes (its API model) and hands to instances. */
export const INSTANCE_BODY_BYTES = 6_291_456;
/**
 * The largest body, in bytes, that a serverless endpoint takes: 4 MB.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html
 */
export const SERVERLESS_BODY_BYTES = 4_194_304;

/** The largest body, in bytes, that an endpoint of this type takes. An image is sent unchanged. */
export function maximumBodyBytes(type: EndpointSettings['type']): number {
  return type === 'serverless' ? SERVERLESS_BODY_BYTES : INSTANCE_BODY_BYTES;
}
