import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { sha256 } from '#core/digest.ts';
import { createRandom } from '#core/random.ts';
import { decodeImage } from '#model/data/image.ts';
import { floats, modelOf, node, toBytes, value } from '#model/onnx/build.ts';
import { measureReference, onSession } from '#model/onnx/reference.ts';
import { openSession } from '#model/onnx/session.ts';
import { loadPredictor } from '../../../../container/serve/predictor.ts';
import { writeManifest } from '../../../../onprem-agent/model-folder/manifest.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { input, makeServedModel } from '../../../model/prediction/served-model-fixture.ts';
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

  it('does not send a file that is no image', async () => {
    const text = join(root, 'notes.png');
    await writeFile(text, 'limes');

    // Nobody is asked: the address answers nothing.
    const run = await graft([
      'predict',
      text,
      '--domain',
      'produce',
      '--url',
      'http://127.0.0.1:1',
      '--json',
    ]);

    expect(run.code).toBe(1);
    expect(run.last.message).toMatch(
      /notes\.png" cannot be read: it is not a PNG, JPEG, WebP, GIF or AVIF image/,
    );
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
  const labels = ['apple', 'pear'];
  let photograph: string;
  beforeAll(async () => {
    [photograph] = (await makeImageFolder(join(root, 'images'), { labels, perLabel: 1, size: 24 })) as [
      string,
    ];
  });
  const ask = (folder: string) => graft(['predict', photograph, '--model', folder, '--json']);
  const complaint = async (folder: string, path = photograph) => {
    const run = await graft(['predict', path, '--model', folder]);
    expect(run.code).toBe(1);
    return run.stderr;
  };

  it('asks a domain’s model that a training job wrote, as its endpoint answers', async () => {
    const folder = join(root, 'served');
    await makeServedModel(folder, { labels });
    const endpoint = await loadPredictor(folder, { threads: 1 });
    const expected = await endpoint.predict(await readFile(photograph));
    await endpoint.close();

    const run = await ask(folder);

    expect(run.last).toMatchObject({ ok: true, ...expected });
  });

  it('asks a general model with a classifier, by its labels', async () => {
    const folder = join(root, 'general');
    const probabilities = await makeGeneralModel(folder, { labels, image: photograph });

    const { last } = await ask(folder);

    expect(last).toMatchObject({ ok: true, general: { model: 'shapes' } });
    for (const { label, probability } of last.predictions) {
      expect(probability).toBeCloseTo(probabilities[labels.indexOf(label)]!, 6);
    }
    expect(last).not.toHaveProperty('unsure');
  });

  it('says what to do about a general model without a classifier', async () => {
    const folder = join(root, 'features');
    await makeGeneralModel(folder, { labels: undefined, image: photograph });

    expect(await complaint(folder)).toMatch(/has no classifier[\s\S]*--domain/);
  });

  it('names a model that computes other features here, a damaged image and one that is missing', async () => {
    const folder = join(root, 'elsewhere');
    await makeGeneralModel(folder, { labels, image: photograph, elsewhere: true });
    await writeFile(join(root, 'cut.png'), (await readFile(photograph)).subarray(0, 60));

    const [cut, none] = [join(root, 'cut.png'), join(root, 'none.png')];
    expect(await complaint(folder)).toMatch(/features "vector" of shapes .* differ on this machine/);
    expect(await complaint(join(root, 'general'), cut)).toMatch(/cut\.png" cannot be read/);
    expect(await complaint(join(root, 'general'), none)).toMatch(/no file ".*none\.png"/);
  });
});

interface GeneralModel {
  /** Of its classifier; undefined for a model without one. */
  labels: readonly string[] | undefined;
  image: string;
  /** With reference features as another machine would compute them. */
  elsewhere?: boolean;
}

/** @returns what its classifier gives for the image */
async function makeGeneralModel(folder: string, { labels, image, elsewhere = false }: GeneralModel) {
  const random = createRandom('general');
  const weights = (name: string, dims: number[]) =>
    floats(
      name,
      dims,
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
    );
  const count = labels?.length ?? 2;
  const bytes = toBytes(
    modelOf({
      name: 'general',
      inputs: [value('image', ['n', 3, input.height, input.width])],
      outputs: [value('vector', ['n', 3]), value('probabilities', ['n', count])],
      constants: [weights('head', [3, count])],
      nodes: [
        node('GlobalAveragePool', ['image'], ['mean']),
        node('Flatten', ['mean'], ['vector']),
        node('MatMul', ['vector', 'head'], ['logits']),
        node('Softmax', ['logits'], ['probabilities'], { axis: -1n }),
      ],
    }),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILE), bytes);
  const session = await openSession(bytes);
  const infer = onSession(session, input);
  const features = await measureReference(infer, input, [{ name: 'vector', width: 3 }]);
  const { probabilities } = await infer(await decodeImage(image, input));
  await session.close();
  if (elsewhere) features[0]!.reference[0]![0]! += 0.01;
  await writeManifest(
    folder,
    [MODEL_FILE],
    {
      model: 'shapes',
      input,
      features,
      ...(labels && { classifier: { name: 'probabilities', labels: [...labels] } }),
      parameters: 3 * count,
      origin: {
        kind: 'imported',
        format: 'onnx',
        source: { name: 'shapes.onnx', size: bytes.length, sha256: sha256(bytes) },
      },
    },
    { createdAt: new Date('2026-11-23T15:42:00Z'), privateKey: undefined },
  );
  return probabilities!;
}
