import { ResourceInUse, ResourceLimitExceeded, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Access } from '#core/api/access.ts';
import { accessKey, batchPrefix, championKey, domainKey } from '#core/keys.ts';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import { createBatches } from '../../functions/batches.ts';
import { createCallers } from '../../functions/http/access.ts';
import { api } from '../../functions/middleware/api.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { expectDocumented } from './documented.ts';
import { champion, domain, newerVersion } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

const live = champion(newerVersion, { modelKey: 'promotions/p/produce/training/j/output/model.tar.gz' });
const began = new Date('2026-11-28T00:00:00.000Z');
const ended = new Date('2026-11-28T00:10:00.000Z');
const input = 's3://data/domains/produce/photographs/november/';
const BATCHES = '/domains/{domain}/batches';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(buckets.data, domainKey('produce'), domain());
  await stage.put(buckets.data, domainKey('new'), domain());
  await stage.put(buckets.artifacts, championKey('produce'), live);
  await stage.put(buckets.artifacts, live.modelKey, 'a model');
  const images = {
    'a.jpg': 'one',
    'deep/b': 'two',
    'deep/.DS_Store': 'litter',
    'empty.png': '',
    'deep/': '',
  };
  for (const [name, content] of Object.entries(images)) {
    await stage.put(buckets.data, `domains/produce/photographs/november/${name}`, content);
  }
  const large = new Uint8Array(INSTANCE_BODY_BYTES + 1);
  await stage.put(buckets.data, 'domains/produce/photographs/november/large.png', large);
  await grant('all', { domains: '*' });
  await grant('some', { domains: ['produce'] });
  await grant('reads', { domains: '*', rights: ['read', 'operate'] });
});
afterAll(() => stage.stop());

const grant = (id: string, access: Partial<Access>) =>
  stage.put(buckets.artifacts, accessKey(id), { schemaVersion: 1, name: id, rights: ['predict'], ...access });

/** A SageMaker that has the jobs which were created in it. */
let sagemaker: RecordingClient<SageMakerClient>;
let jobs: Map<string, object>;
beforeEach(() => {
  jobs = new Map();
  sagemaker = recordingClient<SageMakerClient>({
    CreateModel: {},
    DeleteModel: {},
    CreateTransformJob: ({ TransformJobName: name }: { TransformJobName: string }) => {
      if (jobs.has(name)) throw new ResourceInUse({ message: '', $metadata: {} });
      jobs.set(name, { TransformJobStatus: 'InProgress', CreationTime: began });
    },
    DescribeTransformJob: ({ TransformJobName: name }: { TransformJobName: string }) => {
      if (jobs.has(name)) return jobs.get(name);
      throw serviceError('ValidationException', 'Requested resource not found.');
    },
  });
});

interface Request {
  key?: string;
  body?: object | string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

async function ask(route: string, { key = 'some', body, query = {}, headers = {} }: Request = {}) {
  const [method, path] = route.split(' ') as [string, string];
  const [, , named, , id, what] = path.split('/');
  const resource = `${BATCHES}${id === undefined ? '' : '/{id}'}${what === undefined ? '' : `/${what}`}`;
  const batches = createBatches({
    ...stage.services({ sagemaker: sagemaker.client }),
    artifacts: stage.artifacts,
    callerOf: createCallers({ artifacts: stage.artifacts, firstKeyId: 'first', now: Date.now }),
    pause: async () => {},
    now: () => ended.getTime(),
  });
  const event = {
    ...{ httpMethod: method, resource, headers: { 'content-type': 'application/json', ...headers } },
    ...{ queryStringParameters: query, multiValueQueryStringParameters: null },
    ...{ body: typeof body === 'object' ? JSON.stringify(body) : (body ?? null), isBase64Encoded: false },
    pathParameters: { domain: named, id },
    requestContext: { requestId: 'r1', identity: { apiKeyId: key } },
  } as unknown as APIGatewayProxyEvent;
  const response = await api(() => batches)(event, {} as Context);
  expectDocumented(`${method} ${resource}`, response);
  return { ...response, json: response.body === '' ? undefined : JSON.parse(response.body) };
}
const start = (request: Request = {}) =>
  ask('POST /domains/produce/batches', { body: { input }, ...request });
const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } });

async function filesOf(id: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of stage.artifacts.list(batchPrefix('produce', id)))
    keys.push(key.split('/').at(-1)!);
  return keys;
}
const end = (id: string, status = 'Completed', more = {}) => {
  const [name] = [...jobs.keys()].filter((each) => each.endsWith(id));
  jobs.set(name!, { TransformJobStatus: status, CreationTime: began, TransformEndTime: ended, ...more });
};
const write = (id: string, image: string, result: object) =>
  stage.put(buckets.artifacts, `${batchPrefix('produce', id)}results/${image}.out`, result);

describe('a batch', () => {
  test('is a transform job over the images of the folder, with a copy of what is live', async () => {
    const { statusCode, json, headers } = await start(keyed('whole'));

    expect(statusCode).toBe(202);
    expect(headers?.location).toBe(`batches/${json.id}`);
    expect(json).toEqual({
      id: json.id,
      status: 'RUNNING',
      startedAt: began.toISOString(),
      input,
      output: `s3://artifacts/batches/produce/${json.id}/results/`,
      ...{ images: 2, refused: 2, results: 0 },
      general: { model: live.model, version: live.version },
      trainingJob: live.trainingJob,
    });
    const [model] = sagemaker.inputsOf('CreateModel');
    const [job] = sagemaker.inputsOf('CreateTransformJob');
    const name = job!.TransformJobName as string;
    expect(name).toMatch(new RegExp(`^graft-dev-batch-[0-9a-f]{12}-${json.id}$`));
    expect(model).toMatchObject({
      ModelName: name,
      PrimaryContainer: {
        Mode: 'SingleModel',
        ModelDataUrl: `s3://artifacts/batches/produce/${json.id}/model.tar.gz`,
      },
    });
    expect(job).toMatchObject({
      ModelName: name,
      MaxPayloadInMB: 6,
      TransformInput: {
        DataSource: {
          S3DataSource: {
            S3DataType: 'ManifestFile',
            S3Uri: `s3://artifacts/batches/produce/${json.id}/manifest.json`,
          },
        },
      },
      TransformOutput: { S3OutputPath: `s3://artifacts/batches/produce/${json.id}/results` },
      TransformResources: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1 },
    });
    expect(await stage.json(buckets.artifacts, `${batchPrefix('produce', json.id)}manifest.json`)).toEqual([
      { prefix: input },
      'a.jpg',
      'deep/b',
    ]);
    expect(await filesOf(json.id)).toEqual(['batch.json', 'manifest.json', 'model.tar.gz']);
  });

  test('is the same one for the same caller and key, also when it has ended', async () => {
    const first = await start(keyed('same'));
    end(first.json.id);
    const again = await start({ ...keyed('same'), body: { input: input.replace(/\/$/, '') } });
    const others = await start({ ...keyed('same'), key: 'all' });
    const changed = await start({
      ...keyed('same'),
      body: { input: 's3://data/domains/produce/photographs/' },
    });

    expect(again.json).toMatchObject({
      id: first.json.id,
      status: 'SUCCEEDED',
      endedAt: ended.toISOString(),
    });
    expect(others.json.id).not.toBe(first.json.id);
    expect(changed).toMatchObject({
      statusCode: 422,
      json: { detail: expect.stringMatching(/another content/) },
    });
    expect(sagemaker.inputsOf('CreateTransformJob')).toHaveLength(2);
  });

  test('is another one for a key whose batch is kept no more', async () => {
    const { json } = await start(keyed('old'));
    await stage.remove(buckets.artifacts, `${batchPrefix('produce', json.id)}batch.json`);
    end(json.id, 'Completed', { CreationTime: new Date('2026-10-01T00:00:00.000Z') });

    expect(await start(keyed('old'))).toMatchObject({
      ...{ statusCode: 422, json: { detail: expect.stringMatching(/use a new key/) } },
    });
  });

  test('waits until SageMaker knows its model', async () => {
    const create = [serviceError('ValidationException', 'Could not find model "arn:…".'), undefined];
    sagemaker.answer('CreateTransformJob', ({ TransformJobName: name }: { TransformJobName: string }) => {
      const error = create.shift();
      if (error !== undefined) throw error;
      jobs.set(name, { TransformJobStatus: 'InProgress', CreationTime: began });
    });

    expect((await start()).statusCode).toBe(202);
  });

  test('that cannot be started leaves nothing behind', async () => {
    const limit = new ResourceLimitExceeded({ message: 'The account-level limit…', $metadata: {} });
    sagemaker.answer('CreateTransformJob', limit);
    const { statusCode, json, headers } = await start(keyed('limited'));

    expect([statusCode, headers?.['retry-after']]).toEqual([429, '300']);
    expect(json.detail).toMatch(/As many batches are running/);
    const [model] = sagemaker.inputsOf('CreateModel');
    expect(sagemaker.inputsOf('DeleteModel')).toEqual([{ ModelName: model!.ModelName }]);
    expect(await filesOf((model!.ModelName as string).slice(-16))).toEqual([]);
  });

  test.each([
    ['another bucket', 's3://elsewhere/domains/produce/photographs/'],
    ['another domain', 's3://data/domains/new/photographs/'],
    ['a domain whose name begins so', 's3://data/domains/produce-two/photographs/'],
    ['the domain itself', 's3://data/domains/produce/'],
  ])('reads no folder of %s', async (_what, folder) => {
    expect(await start({ body: { input: folder } })).toMatchObject({
      statusCode: 422,
      json: { detail: 'input is not a folder below s3://data/domains/produce/: copy the images there' },
    });
    expect(sagemaker.calls).toEqual([]);
  });

  test('needs images, a model, a domain, the right, and a body of its form', async () => {
    const nothing = await start({ body: { input: 's3://data/domains/produce/nothing' } });
    expect(nothing).toMatchObject({ statusCode: 422, json: { detail: expect.stringMatching(/no image/) } });
    const at = (name: string) => ({ key: 'all', body: { input: `s3://data/domains/${name}/x/` } });
    const early = await ask('POST /domains/new/batches', at('new'));
    expect(early).toMatchObject({
      statusCode: 422,
      json: { detail: expect.stringMatching(/No model has been promoted/) },
    });
    expect((await ask('POST /domains/gone/batches', at('gone'))).statusCode).toBe(404);
    expect((await ask('POST /domains/new/batches', { ...at('new'), key: 'some' })).statusCode).toBe(403);
    expect((await start({ key: 'reads' })).statusCode).toBe(403);
    for (const wrong of ['photographs', `${input}\ud800`]) {
      expect((await start({ body: { input: wrong } })).statusCode).toBe(400);
    }
    expect((await start({ body: { input, output: 's3://elsewhere/' } })).statusCode).toBe(400);
    expect(sagemaker.inputsOf('CreateModel')).toEqual([]);
  });
});

describe('a batch that has been started', () => {
  test('says how it stands, and why it failed', async () => {
    const { json } = await start(keyed('read'));
    const path = `GET /domains/produce/batches/${json.id}`;
    const running = await ask(path);
    expect(running.json).toEqual(json);
    const etag = running.headers?.etag as string;
    expect((await ask(path, { headers: { 'If-None-Match': etag } })).statusCode).toBe(304);

    end(json.id, 'Failed', { FailureReason: 'AlgorithmError: See job logs for more information' });
    await write(json.id, 'a.jpg', {});
    expect((await ask(path)).json).toMatchObject({
      ...{ status: 'FAILED', endedAt: ended.toISOString(), results: 1 },
      reason: 'AlgorithmError: See job logs for more information',
    });
    expect((await ask(path, { key: 'reads' })).statusCode).toBe(403);
    expect((await ask(`GET /domains/new/batches/${json.id}`, { key: 'all' })).statusCode).toBe(404);
    expect((await ask('GET /domains/produce/batches/unknown')).statusCode).toBe(404);
  });

  test('gives a result for every image when it has ended, by page', async () => {
    const { json } = await start(keyed('results'));
    const path = `GET /domains/produce/batches/${json.id}/results`;
    expect(await ask(path)).toMatchObject({
      statusCode: 409,
      json: { detail: expect.stringMatching(/still running/) },
    });
    const predictions = [
      { label: 'apple', probability: 0.75 },
      { label: 'pear', probability: 0.25 },
    ];
    const answer = { predictions, domain: 'produce', general: json.general, trainingJob: 'job' };
    await write(json.id, 'a.jpg', answer);
    const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'It is damaged' };
    await write(json.id, 'deep/b', { problem });
    await write(json.id, 'z.out.png', { strange: true });
    end(json.id);

    const first = await ask(path, { query: { limit: '1', top: '1' } });
    expect(first.json.items).toEqual([{ ...answer, image: 'a.jpg', predictions: [predictions[0]] }]);
    const rest = await ask(path, { query: { next: first.json.next } });
    expect(rest.json).toEqual({
      items: [
        { image: 'deep/b', problem: { status: 400, detail: 'It is damaged' } },
        { image: 'z.out.png', problem: { status: 502, detail: expect.stringMatching(/no prediction/) } },
        { image: 'empty.png', problem: { status: 400, detail: 'The file is empty' } },
        { image: 'large.png', problem: { status: 413, detail: expect.stringMatching(/send a smaller/) } },
      ],
    });
    const half = Buffer.from('{"after":"\\ud800"}').toString('base64url');
    for (const next of ['x', half]) expect((await ask(path, { query: { next } })).statusCode).toBe(400);
    expect((await ask(path, { query: { page: '2' } })).statusCode).toBe(400);
  });

  test('is stopped, and one that has ended stays as it is', async () => {
    const { json } = await start(keyed('stopped'));
    const path = `POST /domains/produce/batches/${json.id}/stop`;
    sagemaker.answer('StopTransformJob', () => end(json.id, 'Stopping', { TransformEndTime: undefined }));
    const stopping = await ask(path);
    expect(stopping).toMatchObject({ statusCode: 202, json: { status: 'STOPPING' } });
    expect(stopping.headers?.location).toBe(`../${json.id}`);

    end(json.id, 'Stopped');
    sagemaker.answer('StopTransformJob', serviceError('ValidationException', 'it is in status Stopped'));
    expect(await ask(path)).toMatchObject({ statusCode: 202, json: { status: 'STOPPED' } });
    expect((await ask(`POST /domains/produce/batches/${'0'.repeat(16)}/stop`)).statusCode).toBe(404);
  });
});

describe('the batches of a domain', () => {
  test('are listed by SageMaker, the newest first, for as long as they are kept', async () => {
    const TransformJobName = 'graft-dev-batch-0123456789ab-0123456789abcdef';
    const job = { TransformJobName, TransformJobStatus: 'Completed', CreationTime: began };
    sagemaker.answer('ListTransformJobs', { TransformJobSummaries: [job], NextToken: 'more' });
    const { json } = await ask('GET /domains/produce/batches', { query: { limit: '1' } });

    expect(json.items).toEqual([
      { id: '0123456789abcdef', status: 'SUCCEEDED', startedAt: began.toISOString() },
    ]);
    const [list] = sagemaker.inputsOf('ListTransformJobs');
    expect(list).toMatchObject({ SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: 1 });
    expect(list!.NameContains).toMatch(/^graft-dev-batch-[0-9a-f]{12}-$/);
    expect(list!.CreationTimeAfter).toEqual(new Date('2026-10-29T00:10:00.000Z'));
    await ask('GET /domains/produce/batches', { query: { next: json.next } });
    expect(sagemaker.inputsOf('ListTransformJobs')[1]).toMatchObject({ NextToken: 'more' });
  });

  test('may be none; an unknown domain and a token of elsewhere are told', async () => {
    sagemaker.answer('ListTransformJobs', { TransformJobSummaries: [] });
    expect((await ask('GET /domains/produce/batches')).json).toEqual({ items: [] });
    expect((await ask('GET /domains/gone/batches', { key: 'all' })).statusCode).toBe(404);
    sagemaker.answer('ListTransformJobs', serviceError('ValidationException', 'The NextToken is invalid.'));
    const next = Buffer.from('{"after":"x"}').toString('base64url');
    expect((await ask('GET /domains/produce/batches', { query: { next } })).statusCode).toBe(400);
  });
});
