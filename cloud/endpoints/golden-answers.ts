import { InvokeEndpointCommand, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { EvaluationRow } from '#core/contracts/evaluation.ts';
import type { Deployed } from '#core/contracts/promotion-state.ts';
import { type PredictionResponse, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { GoldenMismatchError } from '#core/errors.ts';
import { imageType } from '#core/image-files.ts';
import { parseJson } from '#core/parse.ts';

/**
 * The same weights on another processor or backend differ far less than this; another model differs far more.
 */
const TOLERANCE = 0.02;

/**
 * @throws GoldenMismatchError when the endpoint gives no readable answer; other errors of the call as they
 *   are
 */
export async function askEndpoint(
  runtime: SageMakerRuntimeClient,
  { endpoint, targetModel }: Pick<Deployed, 'endpoint' | 'targetModel'>,
  name: string,
  image: Uint8Array,
): Promise<PredictionResponse> {
  try {
    const response = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: endpoint,
        TargetModel: targetModel,
        ContentType: imageType(image) ?? 'application/octet-stream',
        Accept: 'application/json',
        Body: image,
      }),
    );
    return parseJson(
      predictionResponseSchema,
      new TextDecoder().decode(response.Body),
      `The answer of ${endpoint}`,
    );
  } catch (cause) {
    if (!(cause instanceof Error) || !['ModelError', 'InvalidInput'].includes(cause.name)) throw cause;
    throw new GoldenMismatchError(
      `Endpoint ${endpoint} cannot answer for test image "${name}": ${cause.message}`,
      {
        cause,
      },
    );
  }
}

/** What differs where the endpoint predicts otherwise than the training job did; else undefined. */
export function mismatchWith(
  endpoint: string,
  row: EvaluationRow,
  top: PredictionResponse['predictions'][number],
): string | undefined {
  if (top.label === row.prediction && Math.abs(top.probability - row.confidence) <= TOLERANCE) return;
  return `Endpoint ${endpoint} says "${top.label}" (${top.probability.toFixed(3)}) about test image "${row.id}", the training job said "${row.prediction}" (${row.confidence.toFixed(3)})`;
}
