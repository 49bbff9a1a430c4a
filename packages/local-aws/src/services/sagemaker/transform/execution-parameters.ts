import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { askContainer } from '../ask-container.ts';

/** How a transform job asks its container. */
export interface ExecutionParameters {
  /** Requests under way at once. */
  concurrent: number;
  /** Bytes of a request, at most. */
  payloadBytes: number;
}

const MEBIBYTE = 1024 ** 2;

/**
 * What the job says, else what the container asks for at `/execution-parameters`, else SageMaker's defaults
 * ("Use your own inference code with batch transform", developer guide).
 */
export async function executionParameters(
  address: string,
  { MaxConcurrentTransforms: concurrent = 0, MaxPayloadInMB: megabytes }: CreateTransformJobRequest,
  signal: AbortSignal,
): Promise<ExecutionParameters> {
  const asked: Record<string, unknown> =
    concurrent === 0 || megabytes === undefined ? await ask(address, signal) : {};
  const number = (value: unknown, otherwise: number) =>
    Number.isInteger(value) && (value as number) > 0 ? (value as number) : otherwise;
  return {
    concurrent: concurrent === 0 ? number(asked.MaxConcurrentTransforms, 1) : concurrent,
    payloadBytes: (megabytes ?? number(asked.MaxPayloadInMB, 6)) * MEBIBYTE,
  };
}

/** An empty object where the container has no such path, which is optional. */
async function ask(address: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await askContainer(`${address}/execution-parameters`, { signal });
  const text = await response.text();
  if (!response.ok) return {};
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
