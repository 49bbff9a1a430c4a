import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestImage } from '../../../container/serve/predictor.ts';
import { createModelServer, type ModelServer } from '../../../container/serve/server.ts';
import type { PredictionResponse } from '../../../core/contracts/served-model.ts';
import { ProblemError } from '../../../core/problem.ts';
import { networkInput } from '../../../model/network/input.ts';

const labels = ['pear', 'apple'];
const general = { model: 'icons', version: '20261123T154200Z-3f2a9c' };
const pixelCount = 8 * 8 * 3;

/** Says with which probability it is an apple by the first byte of the image. */
async function predict(image: RequestImage): Promise<PredictionResponse> {
  const first = 'pixels' in image ? image.pixels[0]! : image[0]!;
  if (first === 0) throw new ProblemError(400, 'The image cannot be decoded: it is cut short');
  const apple = first / 256;
  const predictions = [
    { label: 'apple', probability: apple },
    { label: 'pear', probability: 1 - apple },
  ].sort((a, b) => b.probability - a.probability);
  return { predictions, outOfDomain: 0.25, domain: 'produce', general, trainingJob: 'job-1' };
}

let model: ModelServer;
let url: string;
let ids: (string | undefined)[];

beforeEach(async () => {
  ids = [];
  model = createModelServer(pino({ level: 'silent' }), { onAnswered: (_answers, id) => ids.push(id) });
  model.server.listen(0, '127.0.0.1');
  await once(model.server, 'listening');
  url = `http://127.0.0.1:${(model.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  model.server.closeAllConnections();
  model.server.close();
});

const ready = () =>
  model.ready({
    served: { trainingJob: 'job-1', domain: 'produce', labels, input: networkInput(8) },
    backend: 'onnxruntime 1.2.3',
    threads: 1,
    batchSize: 1,
    atOnce: 1,
    failure: new Promise(() => {}),
    predict,
    close: async () => {},
  });

const get = async (path: string) => {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: await response.json() };
};
const infer = (body: object | Buffer, headers: Record<string, string> = {}, path = 'produce') =>
  fetch(`${url}/v2/models/${path}/infer`, {
    method: 'POST',
    headers,
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
  });
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');
const image = { name: 'image', shape: [2], datatype: 'BYTES', data: [base64(192), base64(64)] };

describe('the Open Inference Protocol', () => {
  it('tells that the server lives, is ready, and what the model takes and gives', async () => {
    const early = [await get('/v2/health/live'), await get('/v2/health/ready')];
    ready();

    expect(early.map(({ status }) => status)).toEqual([200, 503]);
    expect(early[1]!.body).toEqual({ error: 'The model is still loading' });
    expect((await get('/v2')).body).toEqual({
      name: 'graft',
      version: '2',
      extensions: ['binary_tensor_data'],
    });
    expect((await get('/v2/health/ready')).status).toBe(200);
    expect((await get('/v2/models/produce/ready')).status).toBe(200);
    expect((await get('/v2/models/produce/versions/job-1')).body).toEqual({
      name: 'produce',
      versions: ['job-1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
        { name: 'out_of_domain', datatype: 'FP32', shape: [-1, 1] },
      ],
    });
    expect(await get('/v2/models/other')).toEqual({
      status: 404,
      body: { error: 'There is no model "other": this container serves "produce"' },
    });
    expect((await get('/v2/models/produce/versions/job-2/ready')).status).toBe(404);
  });

  it('describes what a request needs: one of all described inputs is answered, and one of more is not', async () => {
    ready();
    const { inputs } = (await get('/v2/models/produce')).body as { inputs: { datatype: string }[] };
    const described = inputs.map((input) => ({ ...input, shape: [1], data: [base64(192)] }));
    const pixels = {
      name: 'pixels',
      shape: [1, 8, 8, 3],
      datatype: 'UINT8',
      data: Array(pixelCount).fill(1),
    };
    const answered = await infer({ inputs: described });
    const both = await infer({ inputs: [...described, pixels] });

    expect(inputs.map(({ datatype }) => datatype)).toEqual(['BYTES']);
    expect(answered.status).toBe(200);
    expect(both.status).toBe(400);
    expect(await both.json()).toEqual({ error: expect.stringMatching(/one input, "image" or "pixels"/) });
  });

  it('predicts encoded images in JSON, probabilities in the order of labels', async () => {
    ready();
    const response = await infer(
      { id: 'r-1', inputs: [image] },
      { 'x-amzn-sagemaker-inference-id': 'corr-7' },
    );

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      model_name: 'produce',
      model_version: 'job-1',
      id: 'r-1',
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [2], data: ['apple', 'pear'] },
        { name: 'probabilities', datatype: 'FP32', shape: [2, 2], data: [0.25, 0.75, 0.75, 0.25] },
        { name: 'out_of_domain', datatype: 'FP32', shape: [2, 1], data: [0.25, 0.25] },
      ],
    });
    expect(ids).toEqual(['corr-7']);
  });

  it('predicts pixels of the size of the network, flat or nested, and gives the outputs that are asked for', async () => {
    ready();
    const flat = Array<number>(pixelCount).fill(192);
    const nested = Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => [192, 192, 192]));
    const answers = await Promise.all(
      [flat, [nested]].map(async (data) => {
        const inputs = [{ name: 'pixels', shape: [1, 8, 8, 3], datatype: 'UINT8', data }];
        const response = await infer({ inputs, outputs: [{ name: 'probabilities' }] });
        return ((await response.json()) as { outputs: unknown }).outputs;
      }),
    );

    const expected = [{ name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] }];
    expect(answers).toEqual([expected, expected]);
  });

  it("takes and gives tensors in Triton's binary form", async () => {
    ready();
    const element = (...bytes: number[]) => Buffer.from([bytes.length, 0, 0, 0, ...bytes]);
    const data = Buffer.concat([element(192, 7), element(64)]);
    const head = Buffer.from(
      JSON.stringify({
        inputs: [
          { name: 'image', shape: [2, 1], datatype: 'BYTES', parameters: { binary_data_size: data.length } },
        ],
        outputs: [
          { name: 'probabilities', parameters: { binary_data: true } },
          { name: 'label', parameters: { binary_data: true } },
        ],
      }),
    );
    const response = await infer(Buffer.concat([head, data]), {
      'inference-header-content-length': String(head.length),
    });

    const bytes = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(bytes.subarray(0, length).toString());
    expect(response.status).toBe(200);
    expect(outputs).toEqual([
      { name: 'probabilities', datatype: 'FP32', shape: [2, 2], parameters: { binary_data_size: 16 } },
      { name: 'label', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: 17 } },
    ]);
    const floats = [0, 4, 8, 12].map((at) => bytes.readFloatLE(length + at));
    expect(floats).toEqual([0.25, 0.75, 0.75, 0.25]);
    expect(bytes.subarray(length + 16).toString('latin1')).toBe('\x05\0\0\0apple\x04\0\0\0pear');
  });

  it.each<[string, object | Buffer, Record<string, string>, RegExp]>([
    ['what is no JSON', Buffer.from('{'), {}, /not JSON/],
    [
      'a length beyond the body',
      { inputs: [image] },
      { 'inference-header-content-length': '9999' },
      /the JSON's length/,
    ],
    ['no input', { inputs: [] }, {}, /inputs: expected one input/],
    ['another input', { inputs: [{ ...image, name: 'x' }] }, {}, /found "x", BYTES of shape \[2\]/],
    [
      'fewer images than the shape says',
      { inputs: [{ ...image, shape: [3] }] },
      {},
      /2 images for the shape \[3\]/,
    ],
    ['no image at all', { inputs: [{ ...image, shape: [0], data: [] }] }, {}, /1 to 100 images/],
    ['what is no base64', { inputs: [{ ...image, data: ['$', 'eA=='] }] }, {}, /inputs\.0\.data\.0: "\$"/],
    [
      'pixels out of range',
      { inputs: [{ name: 'pixels', shape: [1, 8, 8, 3], datatype: 'UINT8', data: [1, 256] }] },
      {},
      /value 1 is no whole number from 0 to 255/,
    ],
    [
      'pixels that are too few',
      { inputs: [{ name: 'pixels', shape: [1, 8, 8, 3], datatype: 'UINT8', data: [1, 2] }] },
      {},
      /2 values for that shape/,
    ],
    [
      'binary data that is cut short',
      { inputs: [{ ...image, data: undefined, parameters: { binary_data_size: 3 } }] },
      {},
      /binary_data_size is 3, but 0 bytes follow/,
    ],
    ['another output', { inputs: [image], outputs: [{ name: 'x' }] }, {}, /no output "x": expected label/],
    [
      'one image that is none',
      { inputs: [{ ...image, data: [base64(9), base64(0)] }] },
      {},
      /^image 1: .*cut short/,
    ],
  ])('refuses %s in the words of the protocol', async (_what, body, headers, reason) => {
    ready();
    const response = await infer(body, headers);

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(reason) });
    expect(ids).toEqual([]);
  });
});

describe('/metrics', () => {
  it('counts requests by route and status, never by what a caller makes up', async () => {
    ready();
    await infer({ inputs: [image] });
    await infer({ inputs: [] });
    await fetch(`${url}/ping`);
    await fetch(`${url}/made-up-by-a-caller`);

    const response = await fetch(`${url}/metrics`);
    const text = await response.text();

    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text.split('\n').filter((line) => line.startsWith('graft_requests_total'))).toEqual([
      'graft_requests_total{route="other",status="404"} 1',
      'graft_requests_total{route="ping",status="200"} 1',
      'graft_requests_total{route="v2",status="200"} 1',
      'graft_requests_total{route="v2",status="400"} 1',
    ]);
    expect(text).toContain('graft_queue_images 0\n');
    expect(text).toContain('graft_queue_seconds_count 2\n');
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^{}]+\})? [0-9.e+-]+)$/);
    }
  });
});
