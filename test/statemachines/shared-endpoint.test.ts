import { ListEndpointsCommand, ListModelsCommand } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { championKey, sharedModelKey } from '#core/keys.ts';
import { sharedEndpointName } from '#core/names.ts';
import { createRoutes } from '../../cloud/endpoints/live-route.ts';
import { handler as batches } from '../../functions/batches.ts';
import { handler as finishBatch } from '../../functions/finish-batch.ts';
import { buckets } from '../functions/stage.ts';
import { type Machine, startMachine } from './machine.ts';
import { imageText } from './stack.ts';

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';
const endpoint = { type: 'shared' } as const;
const name = sharedEndpointName('graft-test');

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.pushModel(first);
  await machine.pushModel(second);
  for (const domain of ['good', 'other', 'liar', 'turncoat']) await machine.pushDomain(domain, { endpoint });
});
afterAll(async () => {
  await machine?.stop();
});

const champion = (domain: string) => machine.json(championKey(domain));
const endings = async (execution: string, domains: string[]) =>
  Object.fromEntries(
    await Promise.all(
      domains.map(async (each) => [each, (await machine.outcome(execution, each)).outcome] as const),
    ),
  );

/** As the API asks: by the domain's name alone. */
const routes = () =>
  createRoutes({
    artifacts: new Bucket(machine.s3, buckets.artifacts),
    endpointPrefix: 'graft-test',
    now: Date.now,
  });
async function ask(domain: string, alongRoute = routes()) {
  const Body = imageText('test', 'apple', 0);
  const { Body: answer } = await alongRoute(domain, (route) =>
    machine.runtime.send(new InvokeEndpointCommand({ ...route, Body, ContentType: 'image/png' })),
  );
  return JSON.parse(Buffer.from(answer).toString());
}
const endpoints = async () => {
  const { Endpoints } = await machine.sagemaker.send(new ListEndpointsCommand({}));
  return Endpoints!.map(({ EndpointName }) => EndpointName).sort();
};

/** As a caller inside AWS asks about the batches of the domain `good`. */
async function askBatches(route: string, { id, body }: { id?: string; body?: object } = {}) {
  const [httpMethod, path] = route.split(' ');
  const event = {
    ...{ httpMethod, resource: `/domains/{domain}/batches${path ?? ''}`, queryStringParameters: null },
    ...{ pathParameters: { domain: 'good', id }, headers: { 'content-type': 'application/json' } },
    ...{ body: body === undefined ? null : JSON.stringify(body), isBase64Encoded: false },
    requestContext: { requestId: 'r1', identity: { user: 'AIDA1:jane' } },
  } as unknown as APIGatewayProxyEvent;
  const answer = await batches(event, {} as Context);
  return { status: answer.statusCode, json: JSON.parse(answer.body) };
}
const batchModels = async () => {
  const { Models } = await machine.sagemaker.send(new ListModelsCommand({ NameContains: '-batch-' }));
  return Models!.map(({ ModelName }) => ModelName!);
};

/** The tests follow one another: each finds what the one before has deployed. */
describe.sequential('domains on the shared endpoint', () => {
  test('are promoted at once to one endpoint, each with its own outcome', async () => {
    const domains = ['good', 'other', 'liar', 'turncoat'];

    await machine.promote('first', { model: 'icons', version: first, domains });

    expect(await endings('first', domains)).toEqual({
      good: 'DEPLOYED',
      other: 'DEPLOYED',
      liar: 'ROLLED_BACK',
      turncoat: 'DEPLOYED',
    });
    expect(await endpoints()).toEqual([name]);
    expect((await machine.outcome('first', 'liar')).reason).toMatch(/No request gets to the model$/);
    expect(await champion('good')).toMatchObject({
      endpoint: name,
      targetModel: expect.stringMatching(/^good\/graft-test-good-.*\.tar\.gz$/),
    });
    await expect(champion('liar')).rejects.toThrow();
    expect(machine.problems).toEqual([]);
  });

  test('answer with their own model, found by the record of the champion', async () => {
    expect(await ask('good')).toMatchObject({ domain: 'good', general: { version: first } });
    expect(await ask('other')).toMatchObject({ domain: 'other', general: { version: first } });
    await expect(ask('liar')).rejects.toThrow(/not found/);
  });

  test('get a newer model by another file, or keep what is live when it does not answer as it should', async () => {
    const before = await champion('turncoat');
    const remembered = routes();
    await ask('good', remembered);

    await machine.promote('second', { model: 'icons', version: second, domains: ['good', 'turncoat'] });

    expect(await endings('second', ['good', 'turncoat'])).toEqual({
      good: 'DEPLOYED',
      turncoat: 'ROLLED_BACK',
    });
    expect(await ask('good')).toMatchObject({ general: { version: second } });
    expect((await machine.outcome('second', 'turncoat')).reason).toContain(`Requests still get to ${first}`);
    expect(await champion('turncoat')).toEqual(before);
    expect(await ask('turncoat')).toMatchObject({ general: { version: first } });
    // A function that remembers the way still gets an answer, of the model that it knows.
    expect(await ask('good', remembered)).toMatchObject({ domain: 'good' });
  });

  test('are rolled back by the record alone', async () => {
    const rollback = { domain: 'good', by: 'jane' };
    const execution = await machine.promote('back', { rollback });

    expect(execution.status).toBe('SUCCEEDED');
    expect(await champion('good')).toMatchObject({ version: first, rolledBackFrom: { version: second } });
    expect(await ask('good')).toMatchObject({ general: { version: first } });
    expect(await ask('other')).toMatchObject({ general: { version: first } });
  });

  test('are predicted in batches by the model that is live, whatever the shared endpoint does', async () => {
    const images = 'domains/good/photographs';
    await machine.put(buckets.data, `${images}/a.png`, imageText('test', 'apple', 0));
    await machine.put(buckets.data, `${images}/more/b.png`, imageText('test', 'banana', 1));

    const started = await askBatches('POST', { body: { input: `s3://${buckets.data}/${images}` } });
    expect(started).toMatchObject({ status: 202, json: { images: 2, general: { version: first } } });
    const { id } = started.json as { id: string };
    const stands = async () => (await askBatches('GET /{id}', { id })).json;
    await expect.poll(stands, { timeout: 20_000 }).toMatchObject({ status: 'SUCCEEDED', results: 2 });
    const { json: results } = await askBatches('GET /{id}/results', { id });
    const [model, ...others] = await batchModels();
    const detail = { TransformJobName: model!, TransformJobStatus: 'Completed' } as const;
    await finishBatch({ detail }, {} as Context);

    const general = { version: first };
    expect(results.items).toMatchObject([
      { image: 'a.png', predictions: [{ label: 'apple' }, {}], domain: 'good', general },
      { image: 'more/b.png', predictions: [{ label: 'banana' }, {}], domain: 'good', general },
    ]);
    expect(others).toEqual([]);
    expect(await batchModels()).toEqual([]);
    expect(await endpoints()).toEqual([name]);
    expect(await ask('good')).toMatchObject({ general });
  });

  test('may move to an endpoint of their own and back, which then goes', async () => {
    await machine.pushDomain('other', { endpoint: { type: 'serverless' } });
    await machine.promote('own', { model: 'icons', version: second, domains: ['other'] });
    const own = await champion('other');
    const between = await endpoints();
    await machine.pushDomain('other', { endpoint });
    await machine.promote('again', { model: 'icons', version: second, domains: ['other'] });

    expect(own).toMatchObject({ endpoint: 'graft-test-other', version: second });
    expect(between).toEqual([name, 'graft-test-other']);
    await expect.poll(endpoints, { timeout: 20_000 }).toEqual([name]);
    expect(await ask('other')).toMatchObject({ domain: 'other', general: { version: second } });
  });

  test('leave no files beyond those that a rollback may want', async () => {
    const bucket = new Bucket(machine.s3, buckets.artifacts);
    const store = promotionStore(machine.s3, buckets.artifacts);
    const kept = (await store.configurations.list('good')).map(({ targetModel }) =>
      sharedModelKey(targetModel!),
    );
    const files: string[] = [];
    for await (const { key } of bucket.list('shared/good/')) files.push(key);

    expect(files.sort()).toEqual(kept.sort());
    expect(files).toHaveLength(2);
  });
});
