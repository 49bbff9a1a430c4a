import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Output } from '../../../../onprem-agent/cli/output.ts';
import { predictBatch } from '../../../../onprem-agent/commands/predict/predict-batch.ts';
import { graft } from '../../cli.ts';

const general = { model: 'icons', version: '20261123T154200Z-3f2a9c' };
const prediction = {
  predictions: [{ label: 'red', probability: 0.75 }],
  domain: 'produce',
  general,
  trainingJob: 'j',
};
const input = 's3://data/domains/produce/november/';
const batch = {
  ...{ id: '0123456789abcdef', startedAt: '2026-11-28T00:00:00.000Z', input, output: 's3://artifacts/b/' },
  ...{ images: 3, refused: 0, results: 0, general, trainingJob: 'j' },
};

let server: Server;
let root: string;
let out: string;
let url: string;
/** What the API was asked, and its statuses and batch's statuses from now on. */
let asked: { call: string; key?: string | undefined; body?: unknown }[];
let refusals: number[];
let statuses: string[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url: path = '', headers } = request;
    const body = method === 'POST' ? await json(request) : await text(request);
    asked.push({
      call: `${method} ${path}`,
      key: headers['idempotency-key'] as string,
      ...(body ? { body } : {}),
    });
    const refusal = refusals.shift();
    if (refusal !== undefined) response.writeHead(refusal).end(JSON.stringify({ detail: `as ${refusal}` }));
    else if (!path.includes('/results')) {
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      response.end(JSON.stringify({ ...batch, status, reason: 'ClientError: See job logs' }));
    } else if (path.includes('next=more')) {
      const problem = { status: 400, detail: 'It is damaged' };
      response.end(JSON.stringify({ items: [{ image: 'c.jpg', problem }] }));
    } else {
      const items = ['a.jpg', 'b.jpg'].map((image) => ({ image, ...prediction }));
      response.end(JSON.stringify({ items, next: 'more' }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-predict-batch-'));
  [asked, refusals, statuses, out] = [[], [], ['RUNNING', 'RUNNING', 'SUCCEEDED'], join(root, 'results.csv')];
  return () => rm(root, { recursive: true, force: true });
});

const said: string[] = [];
const output = {
  note: (_event, _fields, line) => void said.push(line),
  warn: () => {},
  progress: () => ({ update() {}, end() {} }),
  result: (_fields, line) => void said.push(line),
  fail() {},
} satisfies Output;
const run = (signal = new AbortController().signal, pause: () => Promise<void> = async () => {}) =>
  predictBatch(
    { input, out, url, domain: 'produce', apiKey: 'secret' },
    { io: { signal } as never, output },
    { random: () => 0, pause },
  );
const rows = async () => (await readFile(out, 'utf8')).trimEnd().split('\n').slice(1);
const ROW = 'red,0.750000,,,icons,20261123T154200Z-3f2a9c,';

describe('graft predict s3://…', () => {
  it('starts a batch, waits for its end and writes a row for each image', async () => {
    expect(await run()).toBe(4);

    expect(await rows()).toEqual([`a.jpg,${ROW}`, `b.jpg,${ROW}`, 'c.jpg,,,,,,,It is damaged']);
    expect(said.at(-1)).toMatch(/^2 predictions in .*results.csv, 1 have none, for the reason in their row$/);
    expect(asked[0]).toMatchObject({ call: 'POST /dev/domains/produce/batches', body: { input } });
    expect(asked.map(({ call }) => call.split('/batches')[1])).toEqual([
      ...['', `/${batch.id}`, `/${batch.id}`],
      `/${batch.id}/results?limit=100&top=1`,
      `/${batch.id}/results?limit=100&top=1&next=more`,
    ]);
    expect(await readdir(root)).toEqual(['results.csv']);
  });

  it('finds its batch again after it was interrupted, and another one when it is done', async () => {
    const interrupted = new AbortController();
    const halfway = async () => interrupted.abort(new Error('interrupted'));
    await expect(run(interrupted.signal, halfway)).rejects.toThrow();
    const [begun] = asked.splice(0);
    expect(await readdir(root)).toContain('results.csv.batch');

    await run();
    expect(asked[0]!.key).toBe(begun!.key);
    asked = [];
    await run();
    expect(asked[0]!.key).not.toBe(begun!.key);
    expect(await rows()).toHaveLength(3);
  });

  it('waits for an API that is busy, and forgets what it refuses to start', async () => {
    refusals = [503, 429];
    await run();
    expect(asked.slice(0, 3).map(({ key }) => key)).toEqual(Array(3).fill(asked[0]!.key));

    refusals = [422];
    await expect(run()).rejects.toThrow('The API refused a batch for domain "produce" with 422: as 422');
    expect(await readdir(root)).toEqual(['results.csv']);
  });

  it('keeps the rows of a batch that failed, and fails with the reason', async () => {
    statuses = ['FAILED'];

    await expect(run()).rejects.toMatchObject({
      message: `Batch ${batch.id} failed: ClientError: See job logs`,
      hint: expect.stringMatching(/^2 images have a row/),
    });
    expect(await rows()).toHaveLength(3);
  });

  it('refuses a file of another batch, and options that it has not', async () => {
    const other = { input: 's3://data/domains/produce/october/', domain: 'produce', key: 'k' };
    await writeFile(`${out}.batch`, JSON.stringify(other));
    await expect(run()).rejects.toThrow(/is of a batch of s3:\/\/data\/domains\/produce\/october\//);
    expect(asked).toEqual([]);

    const { code, stderr } = await graft(['predict', input, '--domain', 'produce']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/needs --domain and --out/)]);
  });
});
