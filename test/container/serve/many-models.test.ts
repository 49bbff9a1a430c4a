import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createManyModels, type ManyModels } from '../../../container/serve/many-models.ts';
import { createServeMetrics } from '../../../container/serve/metrics.ts';
import { memoryForModels, memoryOf } from '../../../container/serve/model-memory.ts';
import { createModelServer, type ModelServer } from '../../../container/serve/server.ts';
import { MODEL_FILE } from '../../../core/contracts/manifest.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from '../../model/prediction/served-model-fixture.ts';

const labels = ['apple', 'pear'];
let root: string;
let image: Uint8Array<ArrayBuffer>;
let server: ModelServer;
let models: ManyModels;
let url: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-many-'));
  await makeServedModel(join(root, 'models', 'a', 'model'), { labels });
  for (const name of ['b', 'c', 'd'])
    await cp(join(root, 'models', 'a'), join(root, 'models', name), { recursive: true });
  await writeFile(join(root, 'models', 'd', 'model', MODEL_FILE), 'no graph');
  const [path] = await makeImageFolder(join(root, 'images'), { labels, perLabel: 1 });
  image = new Uint8Array(await readFile(path!));
  const metrics = createServeMetrics();
  const log = pino({ level: 'silent' });
  server = createModelServer(log, { metrics });
  models = createManyModels({
    root: join(root, 'models'),
    // For two of them.
    memory: 2.5 * (await memoryOf(join(root, 'models', 'a', 'model'))),
    batchSize: 1,
    ...{ log, metrics, invoke: server.invoke },
  });
  server.readyForMany(models);
  server.server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await server.drain(0);
  await models.close();
  await rm(root, { recursive: true, force: true });
});

const load = async (name: string, folder = join(root, 'models', name, 'model')) => {
  const body = JSON.stringify({ model_name: name, url: folder });
  const response = await fetch(`${url}/models`, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
};
const invoke = (name: string) =>
  fetch(`${url}/models/${name}/invoke`, {
    method: 'POST',
    body: image,
    headers: { 'content-type': 'image/png', 'x-amzn-sagemaker-target-model': 'produce/1.tar.gz' },
  });
const status = async (path: string, method = 'GET') => (await fetch(`${url}${path}`, { method })).status;

describe('the container of a multi-model endpoint', () => {
  it('is healthy without a model, loads, lists, asks and unloads', async () => {
    const healthy = await status('/ping');
    const early = await status('/models/a/invoke', 'POST');
    const loaded = [await load('a'), await load('a')].map((answer) => answer.status);
    const answer = await invoke('a');
    const list = await (await fetch(`${url}/models`)).json();
    const one = await (await fetch(`${url}/models/a`)).json();

    expect([healthy, early, ...loaded]).toEqual([200, 404, 200, 409]);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ domain: 'produce', trainingJob: 'produce-job-1' });
    const described = { modelName: 'a', modelUrl: join(root, 'models', 'a', 'model') };
    expect(list).toEqual({ models: [described] });
    expect(one).toEqual(described);
    expect(await status('/invocations', 'POST')).toBe(404);
    expect(await status('/v2/models/a/ready')).toBe(200);
    expect([await status('/models/a', 'DELETE'), await status('/models/a', 'DELETE')]).toEqual([200, 404]);
    expect([await status('/models/a'), await status('/models/%')]).toEqual([404, 404]);
  });

  it('says 507 when there is no memory for one more, until one is unloaded', async () => {
    const first = [await load('a'), await load('b'), await load('c')];
    await fetch(`${url}/models/a`, { method: 'DELETE' });
    const again = await load('c');

    expect([...first, again].map((answer) => answer.status)).toEqual([200, 200, 507, 200]);
    await Promise.all(['b', 'c'].map((name) => fetch(`${url}/models/${name}`, { method: 'DELETE' })));
  });

  it('refuses a model that cannot be served, and what lies elsewhere, and serves the others on', async () => {
    await load('a');
    const broken = await load('d');
    const outside = await load('e', join(root, 'images'));
    const missing = await load('f', join(root, 'models', 'f', 'model'));

    expect([broken.status, outside.status, missing.status]).toEqual([500, 400, 500]);
    expect(broken.text).toMatch(/model\.onnx is not the file/);
    expect((await invoke('a')).status).toBe(200);
    expect(await status('/models/d')).toBe(404);
    await fetch(`${url}/models/a`, { method: 'DELETE' });
  });
});

it('counts a thread and the weights of a model, and leaves memory for requests', async () => {
  const folder = join(root, 'models', 'a', 'model');
  const { size } = await stat(join(folder, MODEL_FILE));
  await mkdir(join(root, 'empty'), { recursive: true });

  // The fixture takes images of 16 × 16.
  expect(await memoryOf(folder)).toBeCloseTo(16 * 1024 ** 2 + 2 * size + 24 * 1024 ** 2 * (16 / 224) ** 2);
  expect(memoryForModels(8 * 1024 ** 3)).toBeCloseTo(0.9 * 8 * 1024 ** 3 - 512 * 1024 ** 2);
  expect(memoryForModels(1)).toBe(0);
  await expect(memoryOf(join(root, 'empty'))).rejects.toThrow(/ENOENT/);
});
