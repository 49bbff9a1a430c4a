import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { z } from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { predictionListSchema, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { championKey, domainKey } from '#core/keys.ts';
import { endpointName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { ProblemError } from '#core/problem.ts';
import { invocationProblem, isUnknownEndpoint } from './http/invocation.ts';
import { parseRequest } from './http/parse-request.ts';
import { api } from './middleware/api.ts';
import type { Services } from './middleware/services.ts';

/** API Gateway's limit is 29 s and the Lambda's 28 s; this leaves time for an answer. */
const TIMEOUT_MS = 25_000;

/** One image's answer, or a list's. */
const answerSchema = z.union([predictionResponseSchema, predictionListSchema]);

/** It takes the artifacts bucket instead of the store, whose code would slow down its cold start. */
type PredictServices = Services<'data' | 'runtime', 'endpointPrefix'> & {
  artifacts: Bucket;
  /** Aborts when the caller has waited long enough. */
  timeout: () => AbortSignal;
};

/** `POST /domains/{domain}/predictions`: sends the image to the domain's endpoint and returns its answer. */
export function createPredict(services: PredictServices) {
  const { runtime, timeout, settings } = services;
  return async function predict(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
    const name = nameSchema.safeParse(event.pathParameters?.domain);
    if (!name.success) throw new ProblemError(404, 'There is no such domain');
    const domain = name.data;
    const { contentType, body } = parseRequest(event);
    try {
      const response = await runtime.send(
        new InvokeEndpointCommand({
          EndpointName: endpointName(settings.endpointPrefix, domain),
          ContentType: contentType,
          Accept: 'application/json',
          Body: body,
        }),
        { abortSignal: timeout() },
      );
      const text = new TextDecoder().decode(response.Body);
      const prediction = parseJson(answerSchema, text, 'The answer');
      return {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(prediction),
      };
    } catch (error) {
      if (!isUnknownEndpoint(error)) throw invocationProblem(error);
      throw await missingEndpoint(services, domain, error);
    }
  };
}

/** The reason why a domain has no endpoint. */
async function missingEndpoint(
  { data, artifacts }: PredictServices,
  domain: string,
  cause: unknown,
): Promise<ProblemError> {
  const [known, promoted] = await Promise.all([
    data.exists(domainKey(domain)),
    artifacts.exists(championKey(domain)),
  ]);
  if (promoted) {
    const detail = `"${domain}" has no endpoint, although a model was promoted to it: the endpoint was deleted, or is being replaced`;
    return new ProblemError(503, detail, { retryAfterSeconds: 60, cause });
  }
  if (!known) return new ProblemError(404, `There is no domain "${domain}"`, { cause });
  const detail = `"${domain}" has no endpoint yet: no model has been promoted to it`;
  return new ProblemError(503, detail, { retryAfterSeconds: 60, cause });
}

export const handler = api(() => {
  const settings = readSettings('dataBucket', 'artifactsBucket', 'endpointPrefix');
  const s3 = s3Client();
  return createPredict({
    data: new Bucket(s3, settings.dataBucket),
    artifacts: new Bucket(s3, settings.artifactsBucket),
    runtime: sageMakerRuntimeClient(),
    timeout: () => AbortSignal.timeout(TIMEOUT_MS),
    settings,
  });
});
