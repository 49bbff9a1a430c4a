import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { createRoutes, isUnknownEndpoint } from '#cloud/endpoints/live-route.ts';
import { predictionResponseSchema } from '#core/contracts/served-model.ts';
import { GraftError, NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { INSTANCE_BODY_BYTES, requestType } from '#core/prediction-requests.ts';
import type { Tried } from '../contracts/prediction.ts';
import { readBody } from './read-body.ts';
import type { Asked } from './routes.ts';
import type { ConsoleServices } from './services.ts';

/** A serverless endpoint that has slept may take a minute. */
const TIMEOUT_MS = 70_000;

/**
 * Asks a domain's endpoint about the image in the request's body.
 *
 * @throws ProblemError, NotFoundError where nothing is live, GraftError with what the model says of the image
 */
export async function tryImage(
  { runtime, store, prefix, now }: ConsoleServices,
  domain: string,
  { request, signal }: Asked,
): Promise<Tried> {
  const type = requestType(request.headers['content-type']);
  const image = await readBody(request, INSTANCE_BODY_BYTES);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const began = performance.now();
  try {
    const alongRoute = createRoutes({ artifacts: store.bucket, endpointPrefix: prefix, now });
    const parameters = { ContentType: type, Accept: 'application/json', Body: image };
    const { Body } = await alongRoute(domain, (route) =>
      runtime.send(new InvokeEndpointCommand({ ...route, ...parameters }), { abortSignal: patience }),
    );
    const endpointMs = performance.now() - began;
    const answer = parseJson(predictionResponseSchema, new TextDecoder().decode(Body), 'The answer');
    return { answer, endpointMs };
  } catch (cause) {
    if (isUnknownEndpoint(cause)) {
      throw new NotFoundError(`"${domain}" has no endpoint that answers`, {
        hint: 'No model has been promoted to it yet, or its endpoint is being replaced.',
        cause,
      });
    }
    const said = (cause as { OriginalMessage?: string }).OriginalMessage;
    if (said === undefined) throw cause;
    throw new GraftError('InvalidInput', detailIn(said), { cause });
  }
}

/** The sentence in the container's problem. */
function detailIn(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // Not JSON.
  }
  return 'The model could not answer';
}
