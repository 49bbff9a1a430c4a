import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpProblem } from '../../container/http-problem.ts';
import type { Predictor } from '../../container/predictor.ts';
import { BODY_LIMIT } from '../../container/request-body.ts';
import { createModelServer, type ModelServer } from '../../container/server.ts';
import type { PredictionResponse } from '../../core/contracts/served-model.ts';

const answer = {
  predictions: [
    { label: 'apple', probability: 0.75 },
    { label: 'pear', probability: 0.25 },
  ],
  domain: 'produce',
  general: { model: 'icons', version: '20261123T154200Z-3f2a9c' },
  trainingJob: 'job-1',
};

function predictor(predict: Predictor['predict'] = async () => answer): Predictor {
  const { domain, general, trainingJob } = answer;
  const input = { height: 8, width: 8, channels: 3 as const, normalisation: { scale: 1, offset: 0 } };
  const served = {
    schemaVersion: 1 as const,
    domain,
    general,
    trainingJob,
    input,
    labels: ['apple', 'pear'],
  };
  return { served, backend: 'wasm', predict, dispose: () => {} };
}

let model: ModelServer;
let answered: (readonly PredictionResponse[])[];
let url: string;

beforeEach(async () => {
  answered = [];
  model = createModelServer(pino({ level: 'silent' }), (answers) => answered.push(answers));
  model.server.listen(0, '127.0.0.1');
  await once(model.server, 'listening');
  url = `http://127.0.0.1:${(model.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  model.server.closeAllConnections();
  if (model.server.listening) model.server.close();
});

const invoke = (body: BodyInit, type: string) =>
  fetch(`${url}/invocations`, { method: 'POST', body, headers: { 'content-type': type } });

describe('whoever counts predictions', () => {
  it('hears what each request was answered, and nothing of one that failed', async () => {
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

  it.each([
    ['an unknown content type', 'x', 'text/plain', 415, /"text\/plain".*image\/png/],
    ['no body', '', 'image/png', 400, /no body/],
    ['JSON that is none', '{', 'application/json', 400, /not JSON/],
    ['JSON of another form', '{"picture":"eA=="}', 'application/json', 400, /"image"/],
    ['an empty list', '{"instances":[]}', 'application/json', 400, /"instances"/],
    ['text that is no base64', '{"image":"$$$"}', 'application/json', 400, /base64/],
  ])('refuses %s', async (_what, body, type, status, detail) => {
    model.ready(predictor());

    const response = await invoke(body, type);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(((await response.json()) as { detail: string }).detail).toMatch(detail);
  });

  it('refuses what is larger than 6 MiB, declared or not, and stays usable on the same connection', async () => {
    model.ready(predictor());
    const large = Buffer.alloc(BODY_LIMIT + 1);

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
      new HttpProblem(400, 'The image cannot be decoded: it is cut short'),
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

  it('answers 503 before the model is warm, 405 and 404 for other methods and paths', async () => {
    const early = await invoke('x', 'image/png');
    model.ready(predictor());
    const get = await fetch(`${url}/invocations`);
    const other = await fetch(`${url}/models`);

    expect([early.status, get.status, other.status]).toEqual([503, 405, 404]);
    expect(get.headers.get('allow')).toBe('POST');
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
  });
});
