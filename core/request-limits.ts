import type { EndpointSettings } from './contracts/domain.ts';

/** What `InvokeEndpoint` takes as a body, in bytes (its API model says so), and so what a container on instances ever sees. */
export const INSTANCE_BODY_BYTES = 6_291_456;
/** What a serverless endpoint takes of it: 4 MB (https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html). */
export const SERVERLESS_BODY_BYTES = 4_194_304;

/** The largest body, in bytes, that an endpoint of this type can be sent. An image is sent as it is, so its file may be as large. */
export function maximumBodyBytes(type: EndpointSettings['type']): number {
  return type === 'serverless' ? SERVERLESS_BODY_BYTES : INSTANCE_BODY_BYTES;
}
