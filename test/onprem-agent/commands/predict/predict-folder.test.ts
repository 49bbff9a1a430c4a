import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askApi } from '../../../../onprem-agent/commands/predict/ask-api.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { makeServedModel } from '../../../model/prediction/served-model-fixture.ts';
import { graft } from '../../cli.ts';

const answer = {
  predictions: [{ label: 'red, or "rosso"', probability: 0.75 }],
  unsure: false,
  outOfDomain: 0.125,
  domain: 'produce',
  general: { model: 'icons', version: '20261123T154200Z-3f2a9c' },
  trainingJob: 'job-1',
};
const HEADER = 'image,label,probability,unsure,out_of_domain,model,version,error';
const ROW = '"red, or ""rosso""",0.750000,false,0.1250,icons,20261123T154200Z-3f2a9c,';

let server: Server;
let url: string;
let root: string;
let out: string;
/** How many images each request had. */
let asked: number[];
/** Statuses of the next answers, before those that predict. */
let refusals: number[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const isList = request.headers['content-type'] === 'application/json';
    const body = isList ? ((await json(request)) as { instances: { image: string }[] }) : undefined;
    if (!isList) request.resume();
    const count = body?.instances.length ?? 1;
    asked.push(count);
    const status = refusals.shift();
    if (status !== undefined) {
      response.writeHead(status, { 'retry-after': '7' }).end(JSON.stringify({ detail: `as ${status}` }));
    } else if (body === undefined) response.end(JSON.stringify(answer));
    else response.end(JSON.stringify({ predictions: body.instances.map(() => answer) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev`;
  root = await mkdtemp(join(tmpdir(), 'graft-predict-folder-'));
  await makeImageFolder(join(root, 'images'), { labels: ['a', 'b'], perLabel: 20 });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  [asked, refusals, out] = [[], [], join(root, 'results.csv')];
});
afterEach(() => rm(out, { force: true }));

const predict = (...more: string[]) =>
  graft([
    ...['predict', join(root, 'images'), '--domain', 'produce', '--url', url, '--out', out],
    ...['--parallel', '1', '--json', ...more],
  ]);
const rows = async () => (await readFile(out, 'utf8')).trimEnd().split('\n');

describe('graft predict --out', () => {
  it('writes a row for each image below the folder, up to 32 in one request', async () => {
    const run = await predict();

    expect(run).toMatchObject({
      code: 0,
      last: { images: 40, predicted: 40, skipped: 0, failed: 0, out },
    });
    expect(asked).toEqual([32, 8]);
    const [header, ...lines] = await rows();
    expect(header).toBe(HEADER);
    expect(lines).toHaveLength(40);
    expect(lines).toContain(`b/1-019.png,${ROW}`);
  });

  it('predicts what has no row yet, and cuts off half a row', async () => {
    await predict();
    const text = await readFile(out, 'utf8');
    // As a kill can leave it: the last row is torn within a quoted field.
    await truncate(out, text.length - ROW.length + 6);

    const run = await predict();

    expect(run).toMatchObject({ code: 0, last: { predicted: 1, skipped: 39 } });
    expect(asked).toEqual([32, 8, 1]);
    const [, ...lines] = await rows();
    expect(new Set(lines)).toEqual(new Set(text.trimEnd().split('\n').slice(1)));
    expect(lines).toHaveLength(40);
  });

  it('gives an image that is none, or that is refused, a row with the reason, and ends with 4', async () => {
    const list = join(root, 'list.txt');
    const good = join(root, 'images', 'a', '0-000.png');
    await writeFile(join(root, 'notes.png'), 'limes');
    await writeFile(
      list,
      [good, join(root, 'notes.png'), join(root, 'gone.png'), `${good}\r`, ''].join('\n'),
    );
    const other = join(root, 'images', 'a', '0-001.png');
    await appendFile(list, `${other}\n`);
    // The request of both, and then the first one alone.
    refusals = [400, 400];

    const run = await graft([
      ...['predict', list, '--domain', 'produce', '--url', url, '--out', out, '--parallel', '1', '--json'],
    ]);
    const again = await graft(['predict', list, '--domain', 'produce', '--url', url, '--out', out, '--json']);

    expect(run).toMatchObject({ code: 4, last: { ok: false, predicted: 1, failed: 3 } });
    expect(asked).toEqual([2, 1, 1]);
    const lines = await rows();
    expect(lines).toContain(
      `${join(root, 'notes.png')},,,,,,,"it is not a PNG, JPEG, WebP, GIF or AVIF image, whatever its name says"`,
    );
    expect(lines.find((line) => line.startsWith(join(root, 'gone.png')))).toMatch(/ENOENT/);
    expect(lines.find((line) => line.startsWith(good))).toMatch(/refused .* with 400: as 400/);
    expect(lines).toContain(`${other},${ROW}`);
    expect(again.last).toMatchObject({ predicted: 0, skipped: 4, failed: 0 });
  });

  it('stops where the trouble is not with an image, and keeps what is there', async () => {
    await predict();
    await truncate(out, (await readFile(out, 'utf8')).indexOf('\n', 200) + 1);
    const before = (await rows()).length;
    refusals = [403];

    const run = await predict();

    expect(run).toMatchObject({ code: 1, last: { name: 'PredictionRefused' } });
    expect(await rows()).toHaveLength(before);
  });

  it('asks a model in a folder, too', async () => {
    const model = join(root, 'model');
    await mkdir(model, { recursive: true });
    await makeServedModel(model, { labels: ['a', 'b'] });
    const images = join(root, 'images');
    await writeFile(
      join(images, 'a', 'broken.png'),
      (await readFile(join(images, 'a', '0-000.png'))).subarray(0, 60),
    );

    const run = await graft(['predict', images, '--model', model, '--out', out, '--json']);
    await rm(join(images, 'a', 'broken.png'));

    expect(run).toMatchObject({ code: 4, last: { images: 41, predicted: 40, failed: 1 } });
    expect((await rows()).find((line) => line.startsWith('a/broken.png'))).toMatch(/damaged/);
  });

  it.each([
    ['a file of something else', 'name,age\nAda,36\n', /has no results of graft predict/],
    ['a folder without images', undefined, /There is no image in/],
  ])('refuses %s', async (_what, content, message) => {
    const empty = join(root, 'empty');
    await mkdir(empty, { recursive: true });
    if (content !== undefined) await writeFile(out, content);

    const run =
      content === undefined
        ? await graft(['predict', empty, '--domain', 'x', '--url', url, '--out', out])
        : await predict();

    expect(run.code).toBe(1);
    expect(`${run.stderr}${run.last?.message}`).toMatch(message);
    if (content !== undefined) expect(await readFile(out, 'utf8')).toBe(content);
  });

  it('needs --out for a folder', async () => {
    const run = await graft(['predict', join(root, 'images'), '--domain', 'produce', '--url', url]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/needs --out/) });
  });
});

describe('a request that is throttled', () => {
  it('is made again after what the answer asks for and a growing, random pause, nine times at most', async () => {
    const pauses: number[] = [];
    const patience = {
      random: () => 0.5,
      pause: async (milliseconds: number) => void pauses.push(milliseconds),
    };
    const options = { url, domain: 'produce', apiKey: undefined, signal: new AbortController().signal };
    const image = await readFile(join(root, 'images', 'a', '0-000.png'));
    refusals = [429, 503, 500];

    expect(await askApi([image], options, patience)).toEqual([answer]);
    refusals = Array.from({ length: 9 }, () => 503);
    await expect(askApi([image, image], options, patience)).rejects.toMatchObject({ status: 503 });

    expect(pauses.slice(0, 3)).toEqual([7250, 7500, 8000]);
    expect(pauses).toHaveLength(3 + 8);
    expect(asked).toHaveLength(4 + 9);
  });
});
