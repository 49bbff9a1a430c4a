import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { evaluationSchema } from '../../core/contracts/evaluation.ts';
import { predictionResponseSchema } from '../../core/contracts/served-model.ts';
import { labels, makeJob } from '../container/job-fixture.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';
import type { BuiltImage } from './build.ts';
import { type Container, execute, startContainer } from './container.ts';

/** Longer than SageMaker gives an endpoint to become healthy. */
const READY_LIMIT_MS = 240_000;

/** `serve` as an ordinary user: the ping, a prediction, the health check, the end by SIGTERM. */
export async function checkServing({ root, config }: BuiltImage, folder: string): Promise<string> {
  const ml = await mkdtemp(join(folder, 'ml-'));
  await makeServedModel(join(ml, 'model'), { labels, size: 32 });
  await chmod(ml, 0o755);
  const environment = { GRAFT_HOST: '127.0.0.1', GRAFT_PORT: String(await freePort()) };
  const url = `http://127.0.0.1:${environment.GRAFT_PORT}`;
  const startedAt = performance.now();
  const container = startContainer(root, config, [...config.Entrypoint, 'serve'], {
    user: '1000:1000',
    ml,
    environment,
  });
  const ping = await ready(container, `${url}/ping`);
  const milliseconds = Math.round(performance.now() - startedAt);
  assert.match(((await ping.json()) as { backend: string }).backend, /^onnxruntime /);

  const image = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const answer = await fetch(`${url}/invocations`, {
    method: 'POST',
    body: image as Uint8Array<ArrayBuffer>,
    headers: { 'content-type': 'image/png' },
  });
  assert.equal(answer.status, 200);
  const { predictions } = predictionResponseSchema.parse(await answer.json());
  assert.deepEqual(predictions.map(({ label }) => label).sort(), labels);
  assert.equal(await execute(container, config, config.Healthcheck!.Test.slice(1), environment), 0);

  const elsewhere = { ...environment, GRAFT_PORT: '1' };
  assert.equal(await execute(container, config, config.Healthcheck!.Test.slice(1), elsewhere), 1);

  const pid = await container.pid();
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m);
  assert.equal(await execute(container, config, ['touch', '/opt/graft/written'], {}), 1);
  const megabytes = Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024);
  process.kill(pid, 'SIGTERM');
  assert.equal(await container.done, 0, container.text());
  await rm(ml, { recursive: true });
  return `serve, user 1000, read-only: ready after ${milliseconds} ms, ${megabytes} MiB, ends with 0 on SIGTERM`;
}

/** `train` started as root, with folders that belong to root, as SageMaker does. */
export async function checkTraining(
  { root, config }: BuiltImage,
  folder: string,
  mode: string,
): Promise<string> {
  const ml = await mkdtemp(join(folder, 'ml-'));
  await makeJob(ml, { mode });
  await chmod(ml, 0o755);
  for (const name of ['model', 'output']) {
    await mkdir(join(ml, name), { mode: 0o755 });
    await chown(join(ml, name), 0, 0);
  }
  const startedAt = performance.now();
  const container = startContainer(root, config, [...config.Entrypoint, 'train'], { user: '0:0', ml });
  assert.equal(await container.done, 0, container.text());
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  assert.doesNotMatch(container.text(), /stays root/);
  const evaluation = evaluationSchema.parse(
    JSON.parse(await readFile(join(ml, 'output/data/evaluation.json'), 'utf8')),
  );
  const files = await readdir(join(ml, 'model'));
  assert.ok(files.includes('model.onnx') && files.includes('served-model.json'), files.join());
  await rm(ml, { recursive: true });
  return `train (${mode}), root gives itself up: done after ${seconds} s on ${evaluation.backend}, model/ has ${files.join(', ')}`;
}

async function ready(container: Container, url: string): Promise<Response> {
  const ended = container.done.then((code) => {
    throw new Error(`serve ended with ${code}: ${container.text()}`);
  });
  for (const until = performance.now() + READY_LIMIT_MS; performance.now() < until; ) {
    const answer = await Promise.race([fetch(url).catch(() => undefined), ended]);
    if (answer?.ok) {
      ended.catch(() => undefined);
      return answer;
    }
    await wait(20);
  }
  throw new Error(`serve is not ready after ${READY_LIMIT_MS / 1000} s: ${container.text()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
