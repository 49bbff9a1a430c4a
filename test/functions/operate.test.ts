import { ExecutionAlreadyExists, type SFNClient } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Access } from '#core/api/access.ts';
import { accessKey, championHistoryKey, championKey, manifestKey } from '#core/keys.ts';
import { createCallers } from '../../functions/http/access.ts';
import { api } from '../../functions/middleware/api.ts';
import { createOperate } from '../../functions/operate.ts';
import { type RecordingClient, recordingClient } from '../cloud/recording-client.ts';
import { expectDocumented } from './documented.ts';
import { champion, domain, newerVersion, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

const stateMachineArn = 'arn:aws:states:eu-central-1:000000000000:stateMachine:promote-model';
const began = new Date('2026-11-28T00:00:00.000Z');
const { model, version } = subject;
const promotion = { model, version, domains: ['produce'] };

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(buckets.models, manifestKey(model, version), {});
  await stage.put(buckets.data, 'domains/produce/domain.json', domain());
  const older = champion(olderVersion, { promotedAt: '2026-11-01T00:00:00.000Z', endpointConfig: 'older' });
  const live = champion(newerVersion, { promotedAt: '2026-11-24T00:00:00.000Z', endpointConfig: 'newer' });
  await stage.put(buckets.artifacts, championKey('produce'), live);
  for (const one of [older, live]) {
    await stage.put(buckets.artifacts, championHistoryKey('produce', one.promotedAt, one.version), one);
  }
  await grant('all', { domains: '*' });
  await grant('some', { domains: ['produce'] });
  await grant('reads', { domains: '*', rights: ['read', 'predict'] });
});
afterAll(() => stage.stop());

const grant = (id: string, access: Partial<Access>) =>
  stage.put(buckets.artifacts, accessKey(id), { schemaVersion: 1, name: id, rights: ['operate'], ...access });

let sfn: RecordingClient<SFNClient>;
beforeEach(() => {
  sfn = recordingClient<SFNClient>({ StartExecution: { startDate: began } });
});

async function ask(
  key: string,
  path: string,
  body: object | string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const named = path.split('/')[2];
  const resource = named === undefined ? path : '/domains/{domain}/rollback';
  const operate = createOperate({
    ...{ models: stage.models, data: stage.data, artifacts: stage.artifacts, sfn: sfn.client },
    settings: { stateMachineArn },
    callerOf: createCallers({ artifacts: stage.artifacts, firstKeyId: 'first', now: Date.now }),
  });
  const event = {
    ...{ httpMethod: 'POST', resource, headers, queryStringParameters: null },
    ...{ body: typeof body === 'string' ? body : JSON.stringify(body), isBase64Encoded: false },
    pathParameters: named === undefined ? null : { domain: named },
    requestContext: { requestId: 'r1', identity: { apiKeyId: key } },
  } as unknown as APIGatewayProxyEvent;
  const response = await api(() => operate)(event, {} as Context);
  expectDocumented(`POST ${resource}`, response);
  return { ...response, json: JSON.parse(response.body) };
}
const started = () => sfn.inputsOf('StartExecution');
const keyed = (key: string) => ({ 'content-type': 'application/json', 'Idempotency-Key': key });

describe('a promotion by hand', () => {
  test('starts the state machine with the same input, and says where to look', async () => {
    const { statusCode, json, headers } = await ask('some', '/promotions', promotion);

    expect(statusCode).toBe(202);
    expect(json).toMatchObject({ status: 'RUNNING', startedAt: began.toISOString() });
    expect(headers?.location).toBe(`promotions/${json.id}`);
    expect(started()).toEqual([{ stateMachineArn, name: json.id, input: JSON.stringify(promotion) }]);
  });

  test('is the same one for the same caller and key only', async () => {
    for (const [caller, key] of [
      ['all', 'a'],
      ['all', 'a'],
      ['all', 'b'],
      ['some', 'a'],
    ] as const) {
      await ask(caller, '/promotions', promotion, keyed(key));
    }
    const names = started().map(({ name }) => name);

    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
  });

  test('that has ended is found again by its key; with another content it is refused', async () => {
    sfn.answer('StartExecution', new ExecutionAlreadyExists({ message: '', $metadata: {} }));
    const earlier = { status: 'SUCCEEDED', startDate: began };
    sfn.answer('DescribeExecution', { ...earlier, input: JSON.stringify(promotion) });
    expect(await ask('all', '/promotions', promotion, keyed('a'))).toMatchObject({
      ...{ statusCode: 202, json: { status: 'SUCCEEDED', startedAt: began.toISOString() } },
    });

    sfn.answer('DescribeExecution', { ...earlier, input: '{}' });
    expect(await ask('all', '/promotions', promotion, keyed('a'))).toMatchObject({
      ...{ statusCode: 422, json: { detail: expect.stringMatching(/another content/) } },
    });
  });

  test.each<[string, number, object | string, RegExp]>([
    ['no JSON', 400, 'x', /not JSON/],
    ['an unknown field', 400, { ...promotion, modle: 'x' }, /modle/],
    ['a rollback', 400, { rollback: { domain: 'produce', by: 'Ada' } }, /model: /],
    ['force without a reason', 400, { ...promotion, force: { by: 'Ada' } }, /force\.reason/],
    ['a model that there is not', 422, { ...promotion, model: 'other' }, /no general model other/],
    ['a domain that there is not', 422, { ...promotion, domains: ['produce', 'nobody'] }, /no domain nobody/],
    ['a body that is too long', 413, 'x'.repeat(100_001), /100001 bytes/],
  ])('with %s is %i, and starts nothing', async (_what, status, body, detail) => {
    const { statusCode, json } = await ask('all', '/promotions', body);

    expect(statusCode).toBe(status);
    expect(json.detail).toMatch(detail);
    expect(started()).toEqual([]);
  });

  test('with a key of spaces, or another content type, is refused', async () => {
    expect((await ask('all', '/promotions', promotion, keyed('a b'))).statusCode).toBe(400);
    expect((await ask('all', '/promotions', promotion, { 'content-type': 'text/plain' })).statusCode).toBe(
      415,
    );
  });

  test('needs the right to operate in every domain that it is for', async () => {
    for (const [key, body] of [
      ['reads', promotion],
      ['first', promotion],
      ['unknown', promotion],
      ['some', { model, version }],
      ['some', { ...promotion, domains: ['produce', 'tools'] }],
    ] as const) {
      expect((await ask(key, '/promotions', body)).statusCode, key).toBe(403);
    }
    expect(started()).toEqual([]);
  });
});

describe('a rollback', () => {
  test('starts with the domain of the path', async () => {
    const { statusCode, json, headers } = await ask('some', '/domains/produce/rollback', { by: 'Ada' });

    expect(statusCode).toBe(202);
    expect(headers?.location).toBe(`../../promotions/${json.id}`);
    expect(started()).toMatchObject([{ input: '{"rollback":{"domain":"produce","by":"Ada"}}' }]);
  });

  test.each<[string, string, object, RegExp]>([
    ['a version that was never live', 'produce', { by: 'Ada', toVersion: version }, /no earlier champion/],
    ['a domain in which nothing is live', 'tools', { by: 'Ada' }, /nothing is live/],
  ])('to %s is 422, and starts nothing', async (_what, name, body, detail) => {
    const { statusCode, json } = await ask('all', `/domains/${name}/rollback`, body);

    expect(statusCode).toBe(422);
    expect(json.detail).toMatch(detail);
    expect(started()).toEqual([]);
  });

  test('of another’s domain is 403, of no possible one 404', async () => {
    expect((await ask('some', '/domains/tools/rollback', { by: 'Ada' })).statusCode).toBe(403);
    expect((await ask('all', '/domains/No_Name/rollback', { by: 'Ada' })).statusCode).toBe(404);
  });
});
