import { randomUUID } from 'node:crypto';
import type { InvocationRequest, InvocationResponse } from '@aws-sdk/client-lambda';
import type { RequestContext } from '../../../service.ts';
import { ServiceError } from '../../../service.ts';
import { newTraceId } from '../../trace-id.ts';
import type { LambdaContext } from '../context.ts';

/** Lambda's limits of a request, in bytes. */
const LARGEST_SYNCHRONOUS = 6 * 1024 * 1024;
const LARGEST_ASYNCHRONOUS = 1024 * 1024;

/** `Invoke`: `RequestResponse`, `Event` and `DryRun`. */
export async function invoke(
  { world, registry, pools, asynchronous }: LambdaContext,
  input: InvocationRequest,
  request: RequestContext,
): Promise<InvocationResponse> {
  const target = registry.resolve(input.FunctionName ?? '', input.Qualifier);
  const kind = input.InvocationType ?? 'RequestResponse';
  if (input.DurableExecutionName !== undefined || input.TenantId !== undefined) {
    throw new ServiceError(
      'InvalidParameterValueException',
      'Durable functions and tenants are not emulated.',
    );
  }
  if (kind === 'DryRun') return { StatusCode: 204 };

  const payload = checkedPayload(input.Payload, kind === 'Event');
  const traceId = request.headers['x-amzn-trace-id'] ?? newTraceId(world.clock.now());
  const clientContext = decodeClientContext(input.ClientContext);
  const invocation = {
    // The request's id is the invocation's, as in AWS; calls within the process have one of their own.
    requestId: /^[0-9a-f-]{36}$/.test(request.requestId) ? request.requestId : randomUUID(),
    payload,
    traceId,
    ...(clientContext === undefined ? {} : { clientContext }),
  };
  if (kind === 'Event') {
    asynchronous.accept(target, invocation);
    return { StatusCode: 202 };
  }
  const result = await pools.invoke(target, invocation);
  return {
    StatusCode: 200,
    ExecutedVersion: target.version,
    Payload: result.payload as NonNullable<InvocationResponse['Payload']>,
    ...(result.functionError === undefined ? {} : { FunctionError: result.functionError }),
    ...(input.LogType === 'Tail' ? { LogResult: Buffer.from(result.logTail).toString('base64') } : {}),
  };
}

function checkedPayload(sent: unknown, event: boolean): Uint8Array {
  const payload = sent === undefined ? Buffer.alloc(0) : Buffer.from(sent as Uint8Array);
  const limit = event ? LARGEST_ASYNCHRONOUS : LARGEST_SYNCHRONOUS;
  if (payload.length > limit) {
    const operation = event ? 'InvokeAsync' : 'InvokeFunction';
    throw new ServiceError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the ${operation} operation`,
      413,
      { Type: 'User' },
    );
  }
  if (payload.length === 0) return Buffer.from('{}');
  try {
    JSON.parse(payload.toString('utf8'));
  } catch (error) {
    throw new ServiceError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
      400,
      { Type: 'User' },
    );
  }
  return payload;
}

function decodeClientContext(sent: string | undefined): string | undefined {
  if (sent === undefined) return undefined;
  const text = Buffer.from(sent, 'base64').toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new ServiceError(
      'InvalidRequestContentException',
      'Client context must be a valid Base64-encoded JSON object.',
    );
  }
}
