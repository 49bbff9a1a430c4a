import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Predictor, RequestImage } from '../../../container/serve/predictor.ts';
import { createModelServer, type ModelServer } from '../../../container/serve/server.ts';
import type { PredictionResponse } from '../../../core/contracts/served-model.ts';
import { INSTANCE_BODY_BYTES } from '../../../core/prediction-requests.ts';
import { ProblemError } from '../../../core/problem.ts';
import { networkInput } from '../../../model/network/input.ts';

const answer = {
  predictions: [
    { label: 'apple', probability: 0.75 },
    { label: 'pear', probability: 0.25 },
  ],
  domain: 'produce',
  general: { model: 'icons', version: '20261123T154200Z-3f2a9c' },
  trainingJob: 'job-1',
};

function predictor(
  predict: (image: Uint8Array) => Promise<PredictionResponse> = async () => answer,
): Predictor {
  return {
    served: {
      trainingJob: answer.trainingJob,
      domain: answer.domain,
      labels: ['pear', 'apple'],
      input: networkInput(8),
    },
    backend: 'onnxruntime 1.2.3',
    threads: 1,
    batchSize: 1,
    atOnce: 1,
    failure: new Promise(() => {}),
    predict: (image: RequestImage) => predict('pixels' in image ? image.pixels : image),
    close: async () => {},
  };
}

let model: ModelServer;
let answered: (readonly PredictionResponse[])[];
let url: string;
let logged: unknown[];

beforeEach(async () => {
  answered = [];
  logged = [];
  const log = pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) });
  model = createModelServer(log, { onAnswered: (answers) => answered.push(answers) });
  model.server.listen(0, '127.0.0.1');
  await once(model.server, 'listening');
  url = `http://127.0.0.1:${(model.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  model.server.closeAllConnections();
  if (model.server.listening) model.server.close();
});

/** What is on the wire, of a request that fetch would not send. */
async function rawRequest(line: string): Promise<string> {
  const socket = connect((model.server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(`${line}\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

const invoke = (body: BodyInit, type: string) =>
  fetch(`${url}/invocations`, { method: 'POST', body, headers: { 'content-type': type } });

describe('onAnswered', () => {
  it('gets the predictions of each request, and nothing of one that failed', async () => {
    model.ready(predictor());
    const one = await (await invoke('image', 'image/png')).json();
    const image = Buffer.from('image').toString('base64');
    const many = JSON.stringify({ instances: [{ image }, { image }] });
    const { predictions } = (await (await invoke(many, 'application/json')).json()) as {
      predictions: PredictionResponse[];
    };
    await invoke('', 'image/png');

    expect(answered).toEqual([[one], predictions]);
  });
});

describe('in a batch transform', () => {
  const started = async (options: Parameters<typeof createModelServer>[1]) => {
    model.server.close();
    model = createModelServer(pino({ level: 'silent' }), options);
    model.server.listen(0, '127.0.0.1');
    await once(model.server, 'listening');
    url = `http://127.0.0.1:${(model.server.address() as AddressInfo).port}`;
  };
  const refusing = predictor(async (image) => {
    if (Buffer.from(image).toString() === 'broken') throw new Error('a thread has died');
    if (Buffer.from(image).toString() !== 'image') throw new ProblemError(400, 'It is no image');
    return answer;
  });

  it('says how it is to be asked', async () => {
    model.ready({ ...predictor(), atOnce: 3 });
    const asked = await fetch(`${url}/execution-parameters`);

    expect(await asked.json()).toEqual({
      ...{ MaxConcurrentTransforms: 4, BatchStrategy: 'SINGLE_RECORD', MaxPayloadInMB: 6 },
    });
    model.ready({ ...predictor(), atOnce: 40 });
    const many = (await (await fetch(`${url}/execution-parameters`)).json()) as object;
    expect(many).toMatchObject({ MaxConcurrentTransforms: 16 });
  });

  it('answers 200 with the problem of an image, and 500 where the fault is its own', async () => {
    await started({ batch: true });
    model.ready(refusing);
    const bad = await invoke('text', 'image/png');
    const large = await invoke(new Uint8Array(INSTANCE_BODY_BYTES + 1), 'image/png');
    const good = await invoke('image', 'image/png');

    expect([bad.status, large.status, good.status]).toEqual([200, 200, 200]);
    expect(await bad.json()).toEqual({
      problem: { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'It is no image' },
    });
    expect(await large.json()).toMatchObject({ problem: { status: 413 } });
    expect(await good.json()).toEqual(answer);
    expect((await invoke('broken', 'image/png')).status).toBe(500);
  });

  it('behaves otherwise as an endpoint does', async () => {
    await started({});
    model.ready(refusing);

    expect((await invoke('text', 'image/png')).status).toBe(400);
  });
});

describe('/ping', () => {
  it('answers 503 before the model is warm and 200 after', async () => {
    const before = await fetch(`${url}/ping`);
    model.ready(predictor());
    const after = await fetch(`${url}/ping`);

    expect([before.status, after.status]).toEqual([503, 200]);
    expect(before.headers.get('retry-after')).toBe('1');
  });

  it('answers while a prediction runs', async () => {
    let finish = () => {};
    const running = new Promise<typeof answer>((resolve) => {
      finish = () => resolve(answer);
    });
    model.ready(predictor(() => running));
    const prediction = invoke('x', 'image/png');

    const ping = await fetch(`${url}/ping`);
    finish();

    expect(ping.status).toBe(200);
    expect((await prediction).status).toBe(200);
  });
});

describe('/invocations', () => {
  it('keeps a connection for longer than those in front do, which else would write to a closed one', async () => {
    model.ready(predictor());

    expect((await invoke('image', 'image/png')).headers.get('keep-alive')).toBe('timeout=75');
  });

  it('answers a prediction for the bytes of an image', async () => {
    const seen: string[] = [];
    model.ready(
      predictor(async (image) => {
        seen.push(Buffer.from(image).toString());
        return answer;
      }),
    );

    const response = await invoke('the image', 'image/jpeg');

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual(answer);
    expect(seen).toEqual(['the image']);
  });

  it('takes one image, or several instances, as base64 in JSON', async () => {
    const seen: string[] = [];
    model.ready(
      predictor(async (image) => {
        seen.push(Buffer.from(image).toString());
        return answer;
      }),
    );
    const base64 = (text: string) => Buffer.from(text).toString('base64');

    const one = await invoke(JSON.stringify({ image: base64('one') }), 'application/json; charset=utf-8');
    const several = await invoke(
      JSON.stringify({ instances: [{ image: base64('two') }, base64('three')] }),
      'application/json',
    );

    expect(await one.json()).toEqual(answer);
    expect(await several.json()).toEqual({ predictions: [answer, answer] });
    expect(seen).toEqual(['one', 'two', 'three']);
  });

  const picture = Buffer.from([0xfb, 0xff, 0xbe, 1, 2, 3, 4]);
  const plain = picture.toString('base64');
  it.each([
    ['without padding', plain.replace(/=+$/, '')],
    ['with line breaks', plain.replace(/(.{4})/g, '$1\r\n')],
    ['with URL-safe letters', picture.toString('base64url')],
    ['as a data URL', `data:image/png;base64,${plain}`],
    ['as a data URL with parameters', `DATA:image/png;name=a.png;base64,\n${plain}`],
  ])('takes base64 %s', async (_how, text) => {
    const seen: Buffer[] = [];
    model.ready(
      predictor(async (image) => {
        seen.push(Buffer.from(image));
        return answer;
      }),
    );

    const one = await invoke(JSON.stringify({ image: text }), 'application/json');
    const several = await invoke(JSON.stringify({ instances: [text, { image: text }] }), 'application/json');

    expect([one.status, several.status]).toEqual([200, 200]);
    expect(seen).toEqual([picture, picture, picture]);
  });

  it.each([
    ['an unknown content type', 'x', 'text/plain', 415, /"text\/plain".*image\/png/],
    ['no body', '', 'image/png', 400, /no body/],
    ['JSON that is none', '{', 'application/json', 400, /not JSON/],
    ['JSON of another form', '{"picture":"eA=="}', 'application/json', 400, /"image"/],
    [
      'more than 32 instances',
      JSON.stringify({ instances: Array.from({ length: 33 }, () => ({})) }),
      'application/json',
      400,
      /\(instances: Too big: expected array to have <=32 items\)/,
    ],
    ['an empty list', '{"instances":[]}', 'application/json', 400, /"instances"/],
    [
      'text that is no base64',
      '{"image":"eA$="}',
      'application/json',
      400,
      /image: "\$" is no letter of base64/,
    ],
    [
      'base64 that is cut short',
      '{"image":"eHh4e"}',
      'application/json',
      400,
      /image: the base64 is cut short/,
    ],
    ['an image that is empty', '{"image":""}', 'application/json', 400, /image: the image is empty/],
    [
      'a data URL that is not base64',
      '{"image":"data:image/svg+xml,%3Csvg%3E"}',
      'application/json',
      400,
      /image: the data URL has no ";base64,"/,
    ],
    [
      'one bad instance of several, by its place',
      '{"instances":["eA==",{"image":"$"}]}',
      'application/json',
      400,
      /instances\.1\.image: "\$"/,
    ],
    ['JSON that is no object', 'null', 'application/json', 400, /agreed form/],
  ])('refuses %s', async (_what, body, type, status, detail) => {
    model.ready(predictor());

    const response = await invoke(body, type);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(((await response.json()) as { detail: string }).detail).toMatch(detail);
  });

  it('refuses what is larger than 6 MiB, declared or not, and stays usable on the same connection', async () => {
    model.ready(predictor());
    const large = Buffer.alloc(INSTANCE_BODY_BYTES + 1);

    const declared = await invoke(large, 'image/png');
    const chunked = await fetch(`${url}/invocations`, {
      method: 'POST',
      body: new Blob([large]).stream(),
      headers: { 'content-type': 'image/png' },
      duplex: 'half',
    } as RequestInit);
    const largest = await invoke(large.subarray(1), 'image/png');

    expect([declared.status, chunked.status, largest.status]).toEqual([413, 413, 200]);
  });

  it("is 400 with the decoder's reason for a bad image, and 500 only for our own failure", async () => {
    const failures = [
      new ProblemError(400, 'The image cannot be decoded: it is cut short'),
      new Error('secret'),
    ];
    model.ready(
      predictor(async () => {
        throw failures.shift();
      }),
    );

    const bad = await invoke('x', 'image/png');
    const ours = await invoke('x', 'image/png');

    expect(bad.status).toBe(400);
    expect(await bad.text()).toContain('cut short');
    expect(ours.status).toBe(500);
    expect(await ours.text()).not.toContain('secret');
  });

  it('says which image of several cannot be read', async () => {
    model.ready(
      predictor(async (image) => {
        if (Buffer.from(image).toString() === 'bad') throw new ProblemError(400, 'it is cut short');
        return { predictions: [] } as never;
      }),
    );
    const instances = ['good', 'bad'].map((text) => ({ image: Buffer.from(text).toString('base64') }));

    const answer = await invoke(JSON.stringify({ instances }), 'application/json');

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: 'instances.1: it is cut short' });
  });

  it('answers 503 before the model is warm, 405 and 404 for other methods and paths', async () => {
    const early = await invoke('x', 'image/png');
    model.ready(predictor());
    const get = await fetch(`${url}/invocations`);
    const other = await fetch(`${url}/models`);

    expect([early.status, get.status, other.status]).toEqual([503, 405, 404]);
    expect(get.headers.get('allow')).toBe('POST');
  });

  it.each(['//', '//ping', '/?', '*', '/%', '/invocations/'])('answers 404 for the path %s', async (path) => {
    model.ready(predictor());

    const response = await rawRequest(`GET ${path} HTTP/1.1`);

    expect(response).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('logs our own failure as an error, and what a caller did wrong in one line without the request', async () => {
    model.ready(
      predictor(async (image) => {
        if (image.length === 1) throw new ProblemError(400, 'The image cannot be decoded');
        throw new Error('ours');
      }),
    );

    await invoke('', 'image/png');
    await invoke('x', 'text/plain');
    await invoke('{', 'application/json');
    await invoke(Buffer.alloc(INSTANCE_BODY_BYTES + 1), 'image/png');
    await fetch(`${url}/invocations`, {
      ...{ method: 'POST', body: 'x' },
      headers: { 'content-type': 'image/png', 'x-amzn-sagemaker-inference-id': 'shop-17' },
    });
    await rawRequest('GET // HTTP/1.1');
    await invoke('xx', 'image/png');

    const told = { level: 30, msg: 'refused', time: expect.any(Number), detail: expect.any(String) };
    const refusals = [400, 415, 400, 413, 400, 404].map((status) => ({ ...told, status }));
    refusals[4] = { ...refusals[4]!, detail: 'The image cannot be decoded', inferenceId: 'shop-17' } as never;
    expect(logged.slice(0, -1)).toEqual(refusals.map((line) => expect.objectContaining(line)));
    expect(logged.at(-1)).toMatchObject({ level: 50, msg: 'prediction failed' });
  });

  it('drops what waits when its caller hangs up', async () => {
    let finish = () => {};
    const blocked = new Promise<typeof answer>((resolve) => {
      finish = () => resolve(answer);
    });
    const predicted: string[] = [];
    let started = () => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    model.ready(
      predictor((image) => {
        predicted.push(Buffer.from(image).toString());
        started();
        return blocked;
      }),
    );
    const first = invoke('first', 'image/png');
    await running;
    const hangUp = new AbortController();
    const gone = fetch(`${url}/invocations`, {
      method: 'POST',
      body: 'gone',
      headers: { 'content-type': 'image/png' },
      signal: hangUp.signal,
    });
    const [, response] = await once(model.server, 'request');
    const closed = once(response, 'close');

    hangUp.abort();
    await Promise.allSettled([gone, closed]);
    const last = invoke('last', 'image/png');
    finish();

    expect([(await first).status, (await last).status]).toEqual([200, 200]);
    expect(predicted).toEqual(['first', 'last']);
    expect(answered).toHaveLength(2);
    expect(logged).toEqual([]);
  });

  it('refuses the 101st waiting image with 429', async () => {
    let finish = () => {};
    const blocked = new Promise<typeof answer>((resolve) => {
      finish = () => resolve(answer);
    });
    model.ready(predictor(() => blocked));
    const requests = Array.from({ length: 101 }, () => invoke('x', 'image/png'));

    const first = await Promise.race(requests);
    finish();
    const statuses = (await Promise.all(requests)).map(({ status }) => status);

    expect(first.status).toBe(429);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  });
});

describe('draining', () => {
  it('lets a running prediction end, then closes', async () => {
    let finish = () => {};
    let started = () => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    model.ready(
      predictor(() => {
        started();
        return new Promise((resolve) => {
          finish = () => resolve(answer);
        });
      }),
    );
    const prediction = invoke('x', 'image/png');
    await running;

    const drained = model.drain(10_000);
    const refused = await fetch(`${url}/ping`).catch((error: Error) => error);
    finish();

    expect(refused).toBeInstanceOf(Error);
    expect((await prediction).status).toBe(200);
    await drained;
  });

  it('cuts off what takes longer than the limit', async () => {
    model.ready(predictor(() => new Promise(() => {})));
    const socket = connect((model.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    socket.write(
      'POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 9\r\n\r\nx',
    );
    await once(model.server, 'request');
    const closed = once(socket, 'close');

    await model.drain(0);

    await closed;
    expect(socket.bytesRead).toBe(0);
    expect(model.server.listening).toBe(false);
  });
});
