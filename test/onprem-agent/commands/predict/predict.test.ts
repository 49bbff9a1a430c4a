import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optMl } from '../../../../container/opt-ml.ts';
import { runTrainingJob } from '../../../../container/train/training-job.ts';
import { makeJob } from '../../../container/job-fixture.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { graft } from '../../cli.ts';

const answer = {
  predictions: [
    { label: 'banana', probability: 0.94 },
    { label: 'apple', probability: 0.06 },
  ],
  domain: 'produce',
  general: { model: 'icons', version: '20261123T154200Z-3f2a9c' },
  trainingJob: 'job-1',
};

let server: Server;
let url: string;
let root: string;
let image: string;
let respond: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

beforeAll(async () => {
  server = createServer(async (request, response) => respond(request, response, await buffer(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev/`;
  root = await mkdtemp(join(tmpdir(), 'graft-predict-'));
  image = join(root, 'banana.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'yellow' } })
    .webp()
    .toFile(image);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});

const predict = (...more: string[]) =>
  graft(['predict', image, '--domain', 'produce', '--url', url, '--api-key', 'secret', ...more]);

describe('graft predict --domain', () => {
  it("posts the image's bytes with their true type and the key, and prints the ranking", async () => {
    const seen: Record<string, unknown> = {};
    respond = ({ method, url: path, headers }, response, body) => {
      Object.assign(seen, { method, path, type: headers['content-type'], key: headers['x-api-key'], body });
      response.end(JSON.stringify(answer));
    };

    const run = await predict('--top', '1');

    expect(run).toMatchObject({ code: 0, stdout: 'banana  0.9400\n' });
    expect(seen).toEqual({
      method: 'POST',
      path: '/dev/domains/produce/predictions',
      type: 'image/webp',
      key: 'secret',
      body: await readFile(image),
    });
  });

  it.each([
    [true, 0.81, 'unsure: it may be none of these (0.8100, unsure above 0.5)'],
    [false, 0.12, 'not out of the domain (0.1200, unsure above 0.5)'],
  ])('says whether the model is unsure: %s', async (unsure, outOfDomain, line) => {
    respond = (_request, response) => response.end(JSON.stringify({ ...answer, unsure, outOfDomain }));

    const run = await predict('--top', '1');
    const json = await predict('--json');

    expect(run).toMatchObject({ code: 0, stdout: `banana  0.9400\n${line}\n` });
    expect(json.last).toMatchObject({ unsure, outOfDomain, predictions: answer.predictions });
  });

  it.each([
    [403, { message: 'Forbidden' }, /403: Forbidden[\s\S]*--api-key/],
    [404, { title: 'Not found', detail: 'There is no domain "produce"' }, /There is no domain "produce"/],
    [503, { detail: 'No endpoint yet' }, /503: No endpoint yet[\s\S]*first promotion/],
  ])('explains %d', async (status, body, message) => {
    respond = (_request, response) => {
      response.statusCode = status;
      response.end(JSON.stringify(body));
    };

    const run = await predict();

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });

  it('names an answer that is no prediction, and an API that is not there', async () => {
    respond = (_request, response) => response.end('<html>');
    const html = await predict();
    const nowhere = await graft(['predict', image, '--domain', 'produce', '--url', 'http://127.0.0.1:1']);

    expect(html.code).toBe(1);
    expect(html.stderr).toMatch(/is not JSON/);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(/127\.0\.0\.1:1.*cannot be reached/);
  });
});

describe('graft predict --model', () => {
  it('asks a domain’s model that a training job wrote, too', async () => {
    const job = join(root, 'job');
    await makeJob(job, { mode: 'transfer' });
    await makeImageFolder(join(job, 'input/data/other'), { labels: ['blue'], perLabel: 1, style: 'noisy' });
    await rename(join(job, 'input/data/other/blue/0-000.png'), join(job, 'input/data/other/blue.png'));
    await rm(join(job, 'input/data/other/blue'), { recursive: true });
    const { rows, unsure } = await runTrainingJob({
      paths: optMl(job),
      trainingJob: 'job-1',
      backend: 'wasm',
      log: pino({ level: 'silent' }),
      metric: () => {},
      signal: new AbortController().signal,
    });

    const ask = (path: string) =>
      graft(['predict', join(job, 'input/data', path), '--model', join(job, 'model'), '--json']);

    const known = await ask(`test/${rows[0]!.id}`);
    expect(known.last).toMatchObject({ ok: true, domain: 'produce', trainingJob: 'job-1' });
    expect(known.last.predictions[0].label).toBe(rows[0]!.prediction);
    expect(known.last.outOfDomain).toBeCloseTo(rows[0]!.outOfDomain!, 4);
    const other = await ask('other/blue.png');
    expect(other.last.outOfDomain).toBeCloseTo(unsure!.other!.rows[0]!.outOfDomain, 4);
    expect(other.last.unsure).toBe(other.last.outOfDomain > 0.5);
  });
});
