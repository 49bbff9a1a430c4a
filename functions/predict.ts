import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerRuntimeClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { createRoutes, isUnknownEndpoint } from '#cloud/endpoints/live-route.ts';
import { predictionQuerySchema } from '#core/api/predictions.ts';
import { predictionListSchema, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { imageType } from '#core/image-files.ts';
import { championKey, domainKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import type { RequestType } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';
import { allowedDomain, type Callers, createCallers } from './http/access.ts';
import { jsonAnswer } from './http/answers.ts';
import { type MeasurePrediction, predictionMetrics } from './http/api-metrics.ts';
import { chosenLabels } from './http/chosen-labels.ts';
import { invocationProblem } from './http/invocation.ts';
import { parseQuery } from './http/parse.ts';
import { parseRequest } from './http/parse-request.ts';
import { requestIdOf } from './http/request-id.ts';
import { tryTwice } from './http/try-twice.ts';
import { readUpload, uploadNamedIn } from './http/uploaded-image.ts';
import { api } from './middleware/api.ts';
import type { Services } from './middleware/services.ts';

/** API Gateway's limit is 29 s and the Lambda's 28 s; this leaves time for an answer. */
const TIMEOUT_MS = 25_000;

/** One image's answer, or a list's. */
const answerSchema = z.union([predictionResponseSchema, predictionListSchema]);

/** It takes the artifacts bucket instead of the store, whose code would slow down its cold start. */
type PredictServices = Services<'data' | 'runtime' | 'now', 'endpointPrefix'> & {
  artifacts: Bucket;
  callerOf: Callers;
  measure: MeasurePrediction;
  /** In [0, 1). */
  random: () => number;
};

/** `POST /domains/{domain}/predictions`: sends the image to the domain's endpoint and returns its answer. */
export function createPredict(services: PredictServices) {
  const { artifacts, callerOf, measure, now, settings } = services;
  const { endpointPrefix } = settings;
  const invoke = createInvoke(services, createRoutes({ artifacts, endpointPrefix, now }));

  return async function predict(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
    const clock = startClock();
    try {
      const caller = await callerOf(event);
      const domain = allowedDomain(caller, 'predict', event);
      const query = parseQuery(predictionQuerySchema, event);
      const sent = parseRequest(event);
      const upload = uploadNamedIn(sent.contentType, sent.body);
      const image = upload === undefined ? sent : asImage(await readUpload(artifacts, caller.id, upload));
      const requestId = requestIdOf(event);

      const answer = await clock.endpoint(domain, () => invoke({ domain, requestId, ...image }));
      const chosen =
        'domain' in answer
          ? chosenLabels(answer, query)
          : { predictions: answer.predictions.map((each) => chosenLabels(each, query)) };
      const { latencyMs } = clock.read();
      measure({ domain, status: 200, ...latencyMs });
      return jsonAnswer(200, { ...chosen, requestId, latencyMs });
    } catch (error) {
      const { domain, latencyMs } = clock.read();
      const problem = error instanceof ProblemError ? error : undefined;
      // Whether there is such a domain is known only if its endpoint was asked, and did not answer 404.
      const known = problem?.status === 404 ? undefined : domain;
      measure({ domain: known, status: problem?.status ?? 500, ...latencyMs });
      throw error;
    }
  };
}

interface Invocation {
  domain: string;
  requestId: string;
  contentType: RequestType;
  body: Buffer;
}

/** What it makes throws ProblemError, or an error of our own. */
function createInvoke(services: PredictServices, alongRoute: ReturnType<typeof createRoutes>) {
  const { runtime, now, random } = services;
  return async ({ domain, requestId, contentType, body }: Invocation) => {
    const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
    const parameters = {
      ContentType: contentType,
      Accept: 'application/json',
      InferenceId: requestId,
      Body: body,
    };
    try {
      const deadline = { at: now() + TIMEOUT_MS, now, random };
      const response = await alongRoute(domain, (route) => {
        const command = new InvokeEndpointCommand({ ...route, ...parameters });
        return tryTwice(() => runtime.send(command, { abortSignal }), deadline);
      });
      return parseJson(answerSchema, new TextDecoder().decode(response.Body), 'The answer');
    } catch (error) {
      if (!isUnknownEndpoint(error)) throw invocationProblem(error, body.length);
      throw await missingEndpoint(services, domain, error);
    }
  };
}

/** The first bytes decide; the container says what is wrong with others. */
const asImage = (body: Buffer) => ({ contentType: imageType(body) ?? ('image/jpeg' as const), body });

/** Milliseconds since the request, and of them those that an endpoint took. */
function startClock() {
  const began = performance.now();
  let endpoint: number | undefined;
  let domain: string | undefined;
  const since = (start: number) => Math.round((performance.now() - start) * 100) / 100;
  return {
    async endpoint<Result>(asked: string, call: () => Promise<Result>): Promise<Result> {
      const start = performance.now();
      domain = asked;
      try {
        return await call();
      } finally {
        endpoint = since(start);
      }
    },
    read: () => ({ domain, latencyMs: { total: since(began), endpoint } }),
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
  const settings = readSettings('dataBucket', 'artifactsBucket', 'endpointPrefix', 'firstApiKeyId');
  const s3 = s3Client();
  const artifacts = new Bucket(s3, settings.artifactsBucket);
  return createPredict({
    data: new Bucket(s3, settings.dataBucket),
    artifacts,
    runtime: sageMakerRuntimeClient(1),
    now: Date.now,
    random: Math.random,
    callerOf: createCallers({ artifacts, firstKeyId: settings.firstApiKeyId, now: Date.now }),
    measure: predictionMetrics(),
    settings,
  });
});
