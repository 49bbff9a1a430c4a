import type { InvocationRequest, InvocationResponse } from '@aws-sdk/client-lambda';
import { StatesError } from '../errors.ts';
import type { Json } from '../json.ts';
import { toTaskError } from './failures.ts';
import { sdkMetadata } from './metadata.ts';

/** Asks another service's public API on behalf of the state machine's role. */
export type Call = (service: string, operation: string, input: unknown) => Promise<unknown>;

/** A Task whose Resource is a function's ARN: the result is what the function returned. */
export async function invokeFunction(call: Call, functionName: string, input: Json): Promise<Json> {
  return payloadOf(await invoke(call, { FunctionName: functionName, Payload: bytes(input) }));
}

/** `arn:aws:states:::lambda:invoke`: the payload together with what is known about the invocation. */
export async function invokeIntegration(call: Call, argumentsOf: Record<string, Json>): Promise<Json> {
  const { Payload: payload, ...rest } = argumentsOf;
  const answer = await invoke(call, {
    ...(rest as Partial<InvocationRequest>),
    FunctionName: rest.FunctionName as string,
    ...(payload === undefined ? {} : { Payload: bytes(payload) }),
  });
  return {
    ExecutedVersion: answer.ExecutedVersion ?? '$LATEST',
    Payload: payloadOf(answer),
    ...sdkMetadata(answer.StatusCode),
    StatusCode: answer.StatusCode ?? 200,
  } as Json;
}

async function invoke(call: Call, request: InvocationRequest): Promise<InvocationResponse> {
  let answer: InvocationResponse;
  try {
    answer = (await call('lambda', 'Invoke', request)) as InvocationResponse;
  } catch (error) {
    throw toTaskError(error, 'Lambda');
  }
  if (answer.FunctionError) throw functionError(textOf(answer));
  return answer;
}

/** The function's own error: its type is the name, and its whole report the cause. */
function functionError(report: string): StatesError {
  try {
    const { errorType } = JSON.parse(report) as { errorType?: unknown };
    if (typeof errorType === 'string' && errorType !== '') return new StatesError(errorType, report);
  } catch {
    // Not JSON: fall through.
  }
  return new StatesError(
    'Lambda.Unknown',
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${report}`,
  );
}

function payloadOf(answer: InvocationResponse): Json {
  const text = textOf(answer);
  if (text === '') return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function textOf({ Payload: payload }: InvocationResponse): string {
  return payload === undefined
    ? ''
    : typeof payload === 'string'
      ? payload
      : Buffer.from(payload).toString('utf8');
}

function bytes(value: Json): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
