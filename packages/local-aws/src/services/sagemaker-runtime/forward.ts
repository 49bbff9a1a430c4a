import { ServiceError, type World } from '../../service.ts';
import { askContainer, LoadFailure, type ServingContainer } from '../sagemaker/seam.ts';

/** SageMaker waits this long for a container's answer. */
const TIMEOUT_MS = 60_000;
const RESPONSE_LIMIT = 6_291_456;

/** The time for an answer is over while the target model is loaded. */
class StillLoading extends Error {}

export interface Invocation {
  body: Uint8Array;
  contentType: string | undefined;
  accept: string | undefined;
  customAttributes: string | undefined;
  inferenceId: string | undefined;
  /** On a multi-model endpoint. */
  targetModel: string | undefined;
}

export interface Answer {
  body: Uint8Array;
  contentType: string;
  customAttributes: string | undefined;
}

/**
 * Sends a request to a container's `/invocations`.
 *
 * @throws ServiceError ModelError (424) with the container's status and message when it fails or is too slow
 */
export async function forward(
  world: World,
  endpoint: string,
  container: ServingContainer,
  invocation: Invocation,
): Promise<Answer> {
  const abort = new AbortController();
  const timedOut = new Promise<never>((_resolve, reject) => {
    abort.signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true });
  });
  timedOut.catch(() => {});
  const cancel = world.clock.after(TIMEOUT_MS, () => abort.abort());
  try {
    const response = await ask(container, invocation, abort.signal, timedOut);
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status >= 400) {
      const message = Buffer.from(body).toString('utf8');
      throw modelError(world, endpoint, container, { status: response.status, message });
    }
    if (body.byteLength > RESPONSE_LIMIT) {
      const message = `The response of ${body.byteLength} bytes exceeds the limit of ${RESPONSE_LIMIT} bytes`;
      throw modelError(world, endpoint, container, { status: 500, message });
    }
    return {
      body,
      contentType: response.headers.get('content-type') ?? 'application/octet-stream',
      customAttributes: response.headers.get('x-amzn-sagemaker-custom-attributes') ?? undefined,
    };
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    if (error instanceof LoadFailure) {
      throw modelError(world, endpoint, container, { status: error.status, message: error.message });
    }
    if (abort.signal.aborted && error instanceof StillLoading) {
      throw new ServiceError(
        'ModelNotReadyException',
        `Model ${invocation.targetModel} of endpoint ${endpoint} is not ready for inference yet.`,
        429,
      );
    }
    const { inferenceId } = invocation;
    world.log.warn({ err: error, endpoint, inferenceId }, 'a container gave no answer');
    const message = abort.signal.aborted
      ? 'Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.'
      : `The container closed the connection: ${((error as Error).cause as Error | undefined)?.message ?? (error as Error).message}`;
    throw modelError(world, endpoint, container, { status: 0, message });
  } finally {
    cancel();
  }
}

/**
 * A container that refuses the connection has just ended and did not see the request. The request waits for
 * the next start.
 */
async function ask(
  container: ServingContainer,
  invocation: Invocation,
  signal: AbortSignal,
  timedOut: Promise<never>,
): Promise<Response> {
  for (;;) {
    const address = await Promise.race([container.address(), timedOut]);
    const send = (path: string) =>
      askContainer(`${address}${path}`, {
        method: 'POST',
        headers: headersOf(invocation),
        body: Buffer.from(invocation.body),
        signal,
      });
    try {
      const { targetModel } = invocation;
      if (targetModel === undefined) return await send('/invocations');
      let loaded = false;
      const asked = container.models(address).use(targetModel, (name) => {
        loaded = true;
        return send(`/models/${name}/invoke`);
      });
      // Loading goes on for the next request.
      asked.catch(() => {});
      return await Promise.race([asked, timedOut]).catch((error: unknown) => {
        throw signal.aborted && !loaded ? new StillLoading() : error;
      });
    } catch (error) {
      const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
      if (cause?.code !== 'ECONNREFUSED') throw error;
      await Promise.race([container.ended(address), timedOut]);
    }
  }
}

function headersOf({
  contentType,
  accept,
  customAttributes,
  inferenceId,
  targetModel,
}: Invocation): Record<string, string> {
  return {
    'content-type': contentType ?? 'application/octet-stream',
    accept: accept ?? '*/*',
    ...(customAttributes === undefined ? {} : { 'x-amzn-sagemaker-custom-attributes': customAttributes }),
    ...(inferenceId === undefined ? {} : { 'x-amzn-sagemaker-inference-id': inferenceId }),
    ...(targetModel === undefined ? {} : { 'x-amzn-sagemaker-target-model': targetModel }),
  };
}

function modelError(
  world: World,
  endpoint: string,
  { plan }: ServingContainer,
  { status, message }: { status: number; message: string },
): ServiceError {
  const group = `/aws/sagemaker/Endpoints/${endpoint}`;
  const kind = status >= 400 && status < 500 ? 'client' : 'server';
  return new ServiceError(
    'ModelError',
    `Received ${kind} error (${status}) from primary with message "${message}". See CloudWatch log group ${group} in account ${world.accountId} for more information.`,
    424,
    {
      OriginalStatusCode: status,
      OriginalMessage: message,
      LogStreamArn: `arn:aws:logs:${world.region}:${world.accountId}:log-group:${group}:log-stream:${plan.name}`,
    },
  );
}
