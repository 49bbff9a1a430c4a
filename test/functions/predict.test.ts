import { readFileSync } from 'node:fs';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCallers } from '../../functions/http/access.ts';
import type { PredictionMeasured } from '../../functions/http/api-metrics.ts';
import { api } from '../../functions/middleware/api.ts';
import { createPredict } from '../../functions/predict.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { expectDocumented } from './documented.ts';
import { domain, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

const event = JSON.parse(
  readFileSync('test/functions/events/prediction-request.json', 'utf8'),
) as APIGatewayProxyEvent;
const prediction = {
  predictions: [
    { label: 'apple', probability: 0.9 },
    { label: 'banana', probability: 0.1 },
  ],
  domain: 'produce',
  general: { model: 'icons', version: subject.version },
  trainingJob: 'produce-transfer-0',
};

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(buckets.data, 'domains/produce/domain.json', domain());
});
afterAll(() => stage.stop());

let runtime: RecordingClient<SageMakerRuntimeClient>;
beforeEach(() => {
  measured = [];
  runtime = recordingClient<SageMakerRuntimeClient>({
    InvokeEndpoint: { Body: Buffer.from(JSON.stringify(prediction)) },
  });
});

/** As deployed, with its middleware. */
async function ask(changes: Partial<APIGatewayProxyEvent> = {}) {
  const predict = createPredict({
    ...stage.services({ runtime: runtime.client }),
    artifacts: stage.artifacts,
    callerOf: createCallers({ artifacts: stage.artifacts, firstKeyId: 'k1', now: Date.now }),
    measure: (one) => void measured.push(one),
    // The shortest pause before a second try.
    random: () => 0,
  });
  const response = await api(() => predict)({ ...event, ...changes }, {} as Context);
  expectDocumented('POST /domains/{domain}/predictions', response);
  const json = JSON.parse(response.body);
  const { requestId, latencyMs, ...said } = json;
  return { ...response, json, said, requestId, latencyMs };
}
let measured: PredictionMeasured[];
const invoked = () => runtime.inputsOf('InvokeEndpoint');

describe('a prediction', () => {
  test('sends the image’s bytes to the domain’s endpoint, and returns its answer', async () => {
    const response = await ask();

    expect(response).toMatchObject({ statusCode: 200, headers: { 'content-type': 'application/json' } });
    expect(response.said).toEqual(prediction);
    expect(invoked()).toMatchObject([{ EndpointName: 'graft-dev-produce', ContentType: 'image/png' }]);
    expect(Buffer.from(invoked()[0]!.Body as Uint8Array).toString('base64')).toBe(event.body);
  });

  test('says whether the model is unsure, where the model can tell', async () => {
    const unsure = { ...prediction, unsure: true, outOfDomain: 0.75 };
    runtime.answer('InvokeEndpoint', { Body: new TextEncoder().encode(JSON.stringify(unsure)) });

    expect((await ask()).said).toEqual(unsure);
  });

  test('returns the answers to a list of images', async () => {
    const answers = { predictions: [prediction, { ...prediction, unsure: true, outOfDomain: 0.75 }] };
    runtime.answer('InvokeEndpoint', { Body: Buffer.from(JSON.stringify(answers)) });

    expect((await ask()).said).toEqual(answers);
  });

  test.each([
    ['image/jpeg', { 'content-type': 'image/jpeg' }],
    ['image/webp', { 'CONTENT-TYPE': 'Image/WebP' }],
    ['image/avif', { 'content-type': 'image/avif' }],
    ['application/json', { 'Content-Type': 'application/json; charset=utf-8' }],
  ])('takes %s, however the header is written', async (contentType, headers) => {
    await ask({ headers });

    expect(invoked()).toMatchObject([{ ContentType: contentType }]);
  });

  test('says its id and times, and gives the id to the container', async () => {
    const response = await ask({ headers: { ...event.headers, 'X-Request-Id': 'shop-17' } });

    expect(response.requestId).toBe('shop-17');
    expect(response.headers?.['x-request-id']).toBe('shop-17');
    expect(invoked()).toMatchObject([{ InferenceId: 'shop-17' }]);
    expect(response.latencyMs.endpoint).toBeLessThanOrEqual(response.latencyMs.total);
    expect(measured).toEqual([{ domain: 'produce', status: 200, ...response.latencyMs }]);
  });

  test.each(['a b', 'ä', 'x'.repeat(65), ''])('takes no id such as %j from a caller', async (id) => {
    expect((await ask({ headers: { ...event.headers, 'x-request-id': id } })).requestId).toBe(
      event.requestContext.requestId,
    );
  });

  test.each<[Record<string, string>, string[]]>([
    [{ top: '1' }, ['apple']],
    [{ threshold: '0.05' }, ['apple', 'banana']],
    [{ threshold: '0.5', top: '2' }, ['apple']],
    [{ threshold: '1' }, []],
  ])('has the labels that the query %j asks for, in each answer of a list too', async (query, labels) => {
    const labelsOf = (answer: typeof prediction) => answer.predictions.map(({ label }) => label);
    expect(labelsOf((await ask({ queryStringParameters: query })).said)).toEqual(labels);

    runtime.answer('InvokeEndpoint', { Body: Buffer.from(JSON.stringify({ predictions: [prediction] })) });
    expect((await ask({ queryStringParameters: query })).said.predictions.map(labelsOf)).toEqual([labels]);
  });

  test.each([
    serviceError('ModelNotReadyException', 'wait'),
    serviceError('ThrottlingException', 'Rate exceeded'),
  ])('asks once more after $name', async (error) => {
    let calls = 0;
    runtime.answer('InvokeEndpoint', () => {
      calls += 1;
      if (calls === 1) throw error;
      return { Body: Buffer.from(JSON.stringify(prediction)) };
    });

    expect((await ask()).statusCode).toBe(200);
    expect(calls).toBe(2);
  });

  test('of an upload sends its bytes, under the type that they say', async () => {
    const key = 'AAAAAAAAAAAAAAAAAAAAAA';
    const bytes = Buffer.from(event.body!, 'base64');
    await stage.put(buckets.artifacts, `uploads/k1/${key}`, bytes);

    const response = await ask({
      headers: { 'content-type': 'application/json' },
      ...{ body: JSON.stringify({ key }), isBase64Encoded: false },
    });

    expect(response.statusCode).toBe(200);
    expect(invoked()).toMatchObject([{ ContentType: 'image/png' }]);
    expect(Buffer.from(invoked()[0]!.Body as Uint8Array).equals(bytes)).toBe(true);
  });

  test('takes JSON that API Gateway left as text', async () => {
    await ask({
      headers: { 'content-type': 'application/json' },
      body: '{"image":"…"}',
      isBase64Encoded: false,
    });

    expect(Buffer.from(invoked()[0]!.Body as Uint8Array).toString()).toBe('{"image":"…"}');
  });
});

const model = (status: number, message?: string) =>
  serviceError('ModelError', `Received client error (${status}) from primary`, {
    OriginalStatusCode: status,
    ...(message === undefined ? {} : { OriginalMessage: message }),
  });
const noEndpoint = serviceError('ValidationError', 'Endpoint graft-dev-x of account 1 not found.');
const large = Buffer.alloc(4 * 1024 * 1024 + 1).toString('base64');

describe('a problem', () => {
  test.each<[string, number, Partial<APIGatewayProxyEvent>, RegExp]>([
    ['no body', 400, { body: null }, /no body/],
    ['an empty body', 400, { body: '' }, /no body/],
    ['a wrong content type', 415, { headers: { 'content-type': 'text/plain' } }, /"text\/plain".*image\/png/],
    ['no content type', 415, { headers: {} }, /missing/],
    ['no headers at all', 415, { headers: null as never }, /missing/],
    ['more than 4 MB', 413, { body: large }, /4194305 bytes, at most 4194304/],
    ['a domain that cannot be', 404, { pathParameters: { domain: '../x' } }, /no such domain/],
    ['no domain', 404, { pathParameters: null }, /no such domain/],
    ['an unknown parameter', 400, { queryStringParameters: { topp: '1' } }, /topp/],
    ['a top of nothing', 400, { queryStringParameters: { top: '0' } }, /top: /],
    ['a threshold that is no number', 400, { queryStringParameters: { threshold: 'x' } }, /threshold: /],
    [
      'a parameter twice',
      400,
      { multiValueQueryStringParameters: { top: ['1', '2'] }, queryStringParameters: { top: '2' } },
      /"top" twice/,
    ],
    [
      'an upload that is not there',
      404,
      {
        headers: { 'content-type': 'application/json' },
        ...{ body: '{"key":"BBBBBBBBBBBBBBBBBBBBBB"}', isBase64Encoded: false },
      },
      /no such upload/,
    ],
  ])('%s is %i, without asking the endpoint', async (_what, status, changes, detail) => {
    const response = await ask(changes);

    expect(response.statusCode).toBe(status);
    expect(response.json.detail).toMatch(detail);
    expect(invoked()).toEqual([]);
  });

  test.each<[string, number, Error, RegExp, string | undefined]>([
    [
      'a damaged image',
      400,
      model(400, '{"title":"Bad Request","detail":"not an image"}'),
      /^not an image$/,
      undefined,
    ],
    ['a model’s 413', 413, model(413, '{"detail":"41 megapixels"}'), /^41 megapixels$/, undefined],
    ['a model’s 415', 415, model(415, 'plain text'), /refused the image/, undefined],
    ['a model that fails', 502, model(500, 'TypeError at /opt/secret.js'), /could not answer/, undefined],
    ['a model’s other 4xx', 502, model(404), /could not answer/, undefined],
    ['a model with a hundred images waiting', 429, model(429, '{"detail":"wait"}'), /Too many/, '1'],
    ['a model that is stopping', 503, model(503, '{"detail":"stopping"}'), /not ready/, '5'],
    ['throttling', 429, serviceError('ThrottlingException', 'Rate exceeded'), /Too many/, '1'],
    ['a model that is starting', 503, serviceError('ModelNotReadyException', 'wait'), /starting/, '10'],
    ['a service that is away', 503, serviceError('ServiceUnavailable', 'away'), /not available/, '5'],
    ['a time-out', 504, serviceError('TimeoutError', 'socket'), /in time/, '5'],
    ['an abort', 504, serviceError('AbortError', 'aborted'), /in time/, '5'],
    ['no endpoint yet', 503, noEndpoint, /no endpoint yet/, '60'],
    ['an unexpected error', 500, new Error('password is 1234'), /Something went wrong/, undefined],
    [
      'missing rights',
      500,
      serviceError('AccessDeniedException', 'arn:aws:iam::1:role/x'),
      /Something went wrong/,
      undefined,
    ],
  ])('%s is %i', async (_what, status, error, detail, retryAfter) => {
    runtime.answer('InvokeEndpoint', error);

    const response = await ask();

    expect(response.statusCode).toBe(status);
    expect(response.json.detail).toMatch(detail);
    expect(response.headers?.['retry-after']).toBe(retryAfter);
    expect(measured).toMatchObject([{ domain: 'produce', status }]);
  });

  test('of an image that the endpoint finds too large says how large it may be', async () => {
    const key = 'CCCCCCCCCCCCCCCCCCCCCC';
    await stage.put(buckets.artifacts, `uploads/k1/${key}`, Buffer.alloc(4_194_305));
    runtime.answer('InvokeEndpoint', serviceError('ValidationError', 'Member must have length'));

    const response = await ask({
      headers: { 'content-type': 'application/json' },
      ...{ body: JSON.stringify({ key }), isBase64Encoded: false },
    });

    expect(response.statusCode).toBe(413);
    expect(response.json.detail).toMatch(/4194305 bytes.*at most 4194304/);
  });

  test.each(['produce', 'unknown', '../x'])(
    'of a key without the domain is the same for %s, and counts for no domain',
    async (name) => {
      const access = { schemaVersion: 1, name: 'shop', domains: ['clothes'], rights: ['predict'] };
      await stage.put(buckets.artifacts, 'access/k2.json', access);
      const requestContext = { ...event.requestContext, identity: { apiKeyId: 'k2' } };

      const response = await ask({ requestContext, pathParameters: { domain: name } } as never);

      expect([response.statusCode, response.json.detail]).toEqual([403, 'This caller may not do that']);
      expect(measured).toMatchObject([{ domain: undefined, status: 403 }]);
      expect(invoked()).toEqual([]);
    },
  );

  test('an unknown domain is 404, not a missing endpoint', async () => {
    runtime.answer('InvokeEndpoint', noEndpoint);

    const response = await ask({ pathParameters: { domain: 'unknown' } });

    expect(response.statusCode).toBe(404);
    expect(response.json.detail).toContain('"unknown"');
  });

  test('a deleted endpoint is told apart from one that never existed', async () => {
    runtime.answer('InvokeEndpoint', noEndpoint);
    await stage.put(buckets.artifacts, 'domains/produce/champion.json', {});

    const response = await ask();
    await stage.remove(buckets.artifacts, 'domains/produce/champion.json');

    expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '60' } });
    expect(response.json.detail).toMatch(
      /"produce" has no endpoint, although a model was promoted to it.*deleted/,
    );
  });

  test.each(['not JSON', '{"predictions":[]}'])('an answer of %s is 502', async (body) => {
    runtime.answer('InvokeEndpoint', { Body: Buffer.from(body) });

    expect(await ask()).toMatchObject({ statusCode: 502 });
  });

  test('has the form of RFC 9457, and shows no internal details', async () => {
    runtime.answer('InvokeEndpoint', new Error('password is 1234'));

    const response = await ask();

    expect(response.headers).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    });
    expect(response.json).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: expect.any(String),
      instance: 'urn:request:c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    });
    expect(response.body).not.toContain('1234');
  });

  test('an image that API Gateway has turned into text is our mistake, not the caller’s', async () => {
    expect(await ask({ isBase64Encoded: false })).toMatchObject({ statusCode: 500 });
  });
});
