import { ExecutionDoesNotExist, InvalidToken, type SFNClient } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Access } from '#core/api/access.ts';
import { accessKey, championHistoryKey, championKey, outcomeKey } from '#core/keys.ts';
import { createCallers } from '../../functions/http/access.ts';
import { api } from '../../functions/middleware/api.ts';
import { createRead } from '../../functions/read.ts';
import { type RecordingClient, recordingClient } from '../cloud/recording-client.ts';
import { expectDocumented } from './documented.ts';
import { champion, domain, evaluation, newerVersion, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

const stateMachineArn = 'arn:aws:states:eu-central-1:000000000000:stateMachine:promote-model';
const times = ['2026-11-01T00:00:00.000Z', '2026-11-24T00:00:00.000Z'] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  for (const name of ['clothes', 'produce', 'tools']) {
    await stage.put(buckets.data, `domains/${name}/domain.json`, domain({ domain: name }));
  }
  const live = champion(newerVersion, { promotedAt: times[1] });
  await stage.put(buckets.artifacts, championKey('produce'), live);
  await stage.put(buckets.artifacts, live.evaluationKey, evaluation('transfer', 18));
  for (const one of [champion(olderVersion, { promotedAt: times[0] }), live]) {
    await stage.put(buckets.artifacts, championHistoryKey('produce', one.promotedAt, one.version), one);
  }
  await grant('all', { domains: '*' });
  await grant('some', { domains: ['produce'] });
  await grant('other', { domains: ['tools'] });
  await grant('predicts', { domains: '*', rights: ['predict'] });
});
afterAll(() => stage.stop());

const grant = (id: string, access: Partial<Access>) =>
  stage.put(buckets.artifacts, accessKey(id), { schemaVersion: 1, name: id, rights: ['read'], ...access });

let sfn: RecordingClient<SFNClient>;
const execution = {
  name: 'promote-icons',
  status: 'SUCCEEDED',
  startDate: new Date(times[0]),
  stopDate: new Date(times[1]),
  input: JSON.stringify({ model: subject.model, version: subject.version, domains: ['produce', 'tools'] }),
};
beforeEach(() => {
  sfn = recordingClient<SFNClient>({
    ListExecutions: { executions: [execution], nextToken: 'more' },
    DescribeExecution: execution,
  });
});

interface Asked {
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

async function ask(key: string | null, path: string, { query, headers = {} }: Asked = {}) {
  const [, first, name, last] = path.split('/');
  const parameter = first === 'domains' ? 'domain' : 'id';
  const resource = ['', first, name && `{${parameter}}`, last].filter((each) => each !== undefined).join('/');
  const read = createRead({
    ...{ data: stage.data, artifacts: stage.artifacts, sfn: sfn.client, settings: { stateMachineArn } },
    callerOf: createCallers({ artifacts: stage.artifacts, firstKeyId: 'first', now: Date.now }),
  });
  const event = {
    ...{ httpMethod: 'GET', resource, headers, queryStringParameters: query ?? null },
    pathParameters: name === undefined ? null : { [parameter]: name },
    requestContext: { requestId: 'r1', identity: { apiKeyId: key } },
  } as unknown as APIGatewayProxyEvent;
  const response = await api(() => read)(event, {} as Context);
  expectDocumented(`GET ${resource}`, response);
  return { ...response, json: response.body === '' ? undefined : JSON.parse(response.body) };
}

describe('the domains', () => {
  test('come page by page, each with what is live', async () => {
    const first = await ask('all', '/domains', { query: { limit: '2' } });
    expect(first.json.items).toMatchObject([
      { domain: 'clothes', live: null },
      { domain: 'produce', live: { general: { version: newerVersion }, since: times[1] } },
    ]);

    const second = await ask('all', '/domains', { query: { limit: '2', next: first.json.next } });
    expect(second.json).toEqual({ items: [{ domain: 'tools', live: null }] });
  });

  test('of a caller are its own', async () => {
    const { json } = await ask('some', '/domains');
    expect(json.items.map((item: { domain: string }) => item.domain)).toEqual(['produce']);
  });

  test('say what is live, how accurate it was, since when, and its labels', async () => {
    const { json } = await ask('some', '/domains/produce');
    const { accuracy, interval, labels } = evaluation('transfer', 18);

    expect(json).toMatchObject({
      ...{ domain: 'produce', labels: domain().labels },
      live: { interval, labels, since: times[1], general: { model: subject.model, version: newerVersion } },
    });
    expect(json.live.accuracy).toBe(champion(newerVersion).accuracy);
    expect(accuracy).toBeGreaterThan(0);
    expect((await ask('all', '/domains/clothes')).json).toMatchObject({ domain: 'clothes', live: null });
  });

  test('tell what was live before, the newest first, page by page', async () => {
    const first = await ask('all', '/domains/produce/history', { query: { limit: '1' } });
    expect(first.json.items).toMatchObject([{ general: { version: newerVersion } }]);

    const second = await ask('all', '/domains/produce/history', {
      query: { limit: '1', next: first.json.next },
    });
    expect(second.json.items).toMatchObject([{ general: { version: olderVersion } }]);
    expect(second.json.next).toBeUndefined();
    expect((await ask('all', '/domains/clothes/history')).json).toEqual({ items: [] });
  });

  test.each(['/domains/nobody', '/domains/nobody/history', '/domains/No_Name'])(
    'of which there is no %s is 404 to who may see all, and 403 to others',
    async (path) => {
      expect((await ask('all', path)).statusCode).toBe(404);
      expect((await ask('some', path)).statusCode).toBe(403);
    },
  );
});

describe('the promotions', () => {
  test('come as Step Functions remembers them', async () => {
    const { json } = await ask('all', '/promotions', { query: { status: 'SUCCEEDED', limit: '1' } });
    expect(json.items).toEqual([
      { id: 'promote-icons', status: 'SUCCEEDED', startedAt: times[0], endedAt: times[1] },
    ]);

    await ask('all', '/promotions', { query: { next: json.next } });
    expect(sfn.inputsOf('ListExecutions')).toMatchObject([
      { stateMachineArn, maxResults: 1, statusFilter: 'SUCCEEDED' },
      { stateMachineArn, maxResults: 50, nextToken: 'more' },
    ]);
  });

  test('say what became of each of the caller’s domains', async () => {
    const outcome = {
      ...{ schemaVersion: 1, domain: 'produce', model: subject.model, version: subject.version },
      ...{ execution: 'promote-icons', outcome: 'DEPLOYED', reason: 'better', transferAccuracy: 0.9 },
      finishedAt: times[1],
    };
    await stage.put(buckets.artifacts, outcomeKey('promote-icons', 'produce'), outcome);
    const deployed = {
      ...{ domain: 'produce', outcome: 'DEPLOYED', reason: 'better', transferAccuracy: 0.9 },
      finishedAt: times[1],
    };

    expect((await ask('all', '/promotions/promote-icons')).json).toMatchObject({
      ...{ model: subject.model, version: subject.version, rollback: false },
      domains: [deployed, { domain: 'tools', outcome: null }],
    });
    expect((await ask('some', '/promotions/promote-icons')).json.domains).toEqual([deployed]);
  });

  test('look the same to a caller whose domains they do not concern as those that there are not', async () => {
    sfn.answer('DescribeExecution', { ...execution, input: '{"model":"icons"}' });
    const foreign = await ask('other', '/promotions/another');
    sfn.answer('DescribeExecution', new ExecutionDoesNotExist({ message: '', $metadata: {} }));
    const missing = await ask('other', '/promotions/another');

    expect([foreign.statusCode, foreign.json]).toEqual([404, missing.json]);
    expect((await ask('all', '/promotions/no%20name')).statusCode).toBe(404);
  });
});

describe('a read', () => {
  test('is not repeated for who has the answer already', async () => {
    const { headers } = await ask('all', '/domains/produce');
    const etag = String(headers?.etag);

    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await ask('all', '/domains/produce', { headers: { 'If-None-Match': known } });
      expect([again.statusCode, again.body, again.headers?.etag], known).toEqual([304, '', etag]);
    }
    expect((await ask('all', '/domains/produce', { headers: { 'if-none-match': '"x"' } })).statusCode).toBe(
      200,
    );
  });

  test.each(['/domains', '/domains/produce', '/domains/produce/history', '/promotions', '/promotions/x'])(
    'of %s needs the right to read: another right, no document, the first key are 403',
    async (path) => {
      for (const key of ['predicts', 'unknown', 'first']) {
        const { statusCode, json } = await ask(key, path);
        expect([statusCode, json.detail], key).toEqual([403, 'This caller may not do that']);
      }
    },
  );

  test('of all promotions is for callers of all domains', async () => {
    expect((await ask('some', '/promotions')).statusCode).toBe(403);
  });

  test.each([
    [{ limit: '0' }, /limit/],
    [{ limit: '101' }, /limit/],
    [{ next: 'x' }, /next is not/],
    [{ nxt: 'x' }, /nxt/],
  ])('refuses the query %j', async (query, detail) => {
    const { statusCode, json } = await ask('all', '/domains', { query });
    expect(statusCode).toBe(400);
    expect(json.detail).toMatch(detail);
  });

  test('refuses a token that Step Functions does not know', async () => {
    sfn.answer('ListExecutions', new InvalidToken({ message: '', $metadata: {} }));
    expect((await ask('all', '/promotions')).statusCode).toBe(400);
  });

  test('by a caller whom nobody names is our mistake', async () => {
    expect((await ask(null, '/domains')).statusCode).toBe(500);
  });
});
