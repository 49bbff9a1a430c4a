import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../service.ts';
import { askContainer } from '../ask-container.ts';
import type { ServingContainer } from '../endpoints/serving-container.ts';

/** SageMaker's defaults ("ModelClientConfig", API reference). */
const TIMEOUT_SECONDS = 600;
const RETRIES = 3;

/** An answer of the container other than success; status 0 where there was none. */
export interface Refusal {
  status: number;
  message: string;
}

/**
 * Sends one object's bytes to the container's `/invocations`. It is asked again when it fails or is too slow,
 * as often as the job allows, but not after a 4xx, which would come again.
 *
 * @throws the signal's reason
 */
export async function invoke(
  { container, clock }: { container: ServingContainer; clock: Clock },
  request: CreateTransformJobRequest,
  body: Buffer<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Buffer | Refusal> {
  const { InvocationsMaxRetries: retries = RETRIES } = request.ModelClientConfig ?? {};
  for (let attempt = 0; ; attempt++) {
    const answer = await once({ container, clock }, request, body, signal);
    if (Buffer.isBuffer(answer) || attempt === retries) return answer;
    if (answer.status >= 400 && answer.status < 500) return answer;
  }
}

async function once(
  { container, clock }: { container: ServingContainer; clock: Clock },
  { TransformInput: input, TransformOutput: output, ModelClientConfig: client }: CreateTransformJobRequest,
  body: Buffer<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Buffer | Refusal> {
  signal.throwIfAborted();
  const late = new AbortController();
  const seconds = client?.InvocationsTimeoutInSeconds ?? TIMEOUT_SECONDS;
  const cancel = clock.after(seconds * 1000, () => late.abort());
  const address = await container.address();
  try {
    const response = await askContainer(`${address}/invocations`, {
      method: 'POST',
      headers: {
        'content-type': input?.ContentType ?? 'application/octet-stream',
        accept: output?.Accept ?? '*/*',
      },
      body,
      signal: AbortSignal.any([signal, late.signal]),
    });
    const answer = Buffer.from(await response.arrayBuffer());
    return response.ok ? answer : { status: response.status, message: answer.toString('utf8') };
  } catch (error) {
    signal.throwIfAborted();
    // One that refuses connections has just ended, and is started again.
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    if (cause?.code === 'ECONNREFUSED') await container.ended(address);
    const message = late.signal.aborted
      ? `No answer within ${seconds} seconds`
      : (cause ?? (error as Error)).message;
    return { status: 0, message };
  } finally {
    cancel();
  }
}
