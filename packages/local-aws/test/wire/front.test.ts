import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { createHost, type Host } from '../../src/host.ts';
import type { BusEvent, Service, ServiceFactory, World } from '../../src/service.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

let local: LocalAws | undefined;
let folder: string | undefined;
afterEach(async () => {
  await local?.stop();
  local = undefined;
  if (folder) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

const service =
  (parts: Partial<Service>, onWorld: (world: World) => void = () => {}): ServiceFactory =>
  (world) => {
    onWorld(world);
    return {
      signingName: 's3',
      protocol: 'rest-xml',
      schemas: s3,
      isDefault: true,
      operations: {},
      ...parts,
    };
  };

describe('paths outside the AWS APIs', () => {
  it('go to the service with the longest prefix, with their bytes as sent', async () => {
    const answer =
      (name: string) =>
      async (incoming: NodeJS.ReadableStream & { url?: string }, response: { end(t: string): void }) =>
        response.end(`${name} ${incoming.url} ${await text(incoming)}`);
    local = await startLocal({
      services: [
        service({ routes: { '/_aws/execute-api/': answer('api') as never } }),
        service({ routes: { '/_aws/execute-api/special/': answer('special') as never } }),
      ],
    });
    const post = async (path: string) =>
      (await fetch(`${local?.endpoint}${path}`, { method: 'POST', body: 'hi' })).text();

    expect(await post('/_aws/execute-api/a%2Fb/dev?x=1')).toBe('api /_aws/execute-api/a%2Fb/dev?x=1 hi');
    expect(await post('/_aws/execute-api/special/x')).toBe('special /_aws/execute-api/special/x hi');
  });

  it('say how the local AWS is', async () => {
    local = await startLocal({ services: [service({})] });

    const health = await fetch(`${local.endpoint}/_local/health`);

    expect(await health.json()).toEqual({ status: 'ready', pid: process.pid, services: ['s3'] });
  });

  it('answer 500 when their handler fails', async () => {
    local = await startLocal({
      services: [service({ routes: { '/_aws/x/': () => Promise.reject(new Error('no')) } })],
    });

    expect((await fetch(`${local.endpoint}/_aws/x/`)).status).toBe(500);
  });
});

describe('the port', () => {
  it('tells clients to come back until everything is provisioned', async () => {
    folder = mkdtempSync(join(tmpdir(), 'local-aws-front-'));
    const starting: Host = await createHost({ services: [service({})], state: folder, port: 0 });
    const early = await fetch(`${starting.endpoint}/bucket`);
    const health = await fetch(`${starting.endpoint}/_local/health`);
    await starting.open();
    const later = await fetch(`${starting.endpoint}/bucket/key`);
    await starting.stop();

    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    expect(health.status).toBe(503);
    expect(await later.text()).toContain('s3:GetObject');
  });

  it('serves many requests over one connection', async () => {
    local = await startLocal({
      services: [service({ operations: { ListBuckets: () => ({ Buckets: [] }) } })],
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (let turn = 0; turn < 3; turn++) {
      const sent = request(`${local.endpoint}/`, { agent }).end();
      sent.on('socket', (socket) => sockets.add(socket));
      const [response] = await once(sent, 'response');
      expect(await text(response)).toContain('<ListAllMyBucketsResult');
    }
    agent.destroy();

    expect(sockets.size).toBe(1);
  });

  it('lets a client that asks first send its body', async () => {
    let body = '';
    local = await startLocal({
      services: [
        service({
          operations: {
            PutObject: async (input) => {
              body = await text(input.Body);
              return {};
            },
          },
        }),
      ],
    });
    const sent = request(`${local.endpoint}/bucket/key`, {
      method: 'PUT',
      headers: { expect: '100-continue' },
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end('after the go-ahead');
    const [response] = await once(sent, 'response');

    expect(response.statusCode).toBe(200);
    expect(body).toBe('after the go-ahead');
  });

  it('tells an operation that its client went away', async () => {
    let gone: Promise<unknown> | undefined;
    let sent: ClientRequest | undefined;
    const arrived = new Promise<void>((resolve) => {
      startLocal({
        services: [
          service({
            operations: {
              ListBuckets: (_input, { signal }) => {
                gone = once(signal as AbortSignal, 'abort');
                resolve();
                return gone.then(() => ({}));
              },
            },
          }),
        ],
      }).then((started) => {
        local = started;
        sent = request(started.endpoint)
          .on('error', () => {})
          .end();
      });
    });
    await arrived;
    sent?.destroy();

    await expect(gone).resolves.toBeDefined();
  });

  it('cuts a body that fails half-way instead of ending it as if it were whole', async () => {
    const broken = () => ({
      Body: Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('disk');
        })(),
      ),
      ContentLength: 8,
    });
    local = await startLocal({ services: [service({ operations: { GetObject: broken } })] });

    const response = await fetch(`${local.endpoint}/bucket/key`);

    await expect(response.text()).rejects.toThrow();
  });

  it('refuses a body that is larger than any request may be', async () => {
    local = await startLocal({
      services: [
        service({
          signingName: 'lambda',
          protocol: 'rest-json',
          schemas: lambda,
          operations: { Invoke: () => ({}) },
        }),
      ],
    });
    const url = `${local.endpoint}/2015-03-31/functions/f/invocations`;

    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(33 * 1024 * 1024) });

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ __type: 'RequestEntityTooLargeException' });
  });

  it('answers a CBOR client in CBOR that it cannot', async () => {
    local = await startLocal({ services: [] });

    const response = await fetch(
      `${local.endpoint}/service/GraniteServiceVersion20100801/operation/ListMetrics`,
      {
        method: 'POST',
        headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      },
    );

    expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    expect(await response.text()).toContain('UnknownOperationException');
  });
});

describe('between services', () => {
  it('calls have the same validation as over HTTP', async () => {
    local = await startLocal({
      services: [
        service({
          signingName: 'states',
          protocol: 'json-1.0',
          schemas: sfn,
          operations: {
            StartExecution: (input) => ({ executionArn: input.stateMachineArn, startDate: new Date(0) }),
          },
        }),
      ],
    });
    const { world } = local;
    const start = (input: unknown) => world.call('states', 'StartExecution', input);

    await expect(start({ stateMachineArn: 'a' })).resolves.toEqual({
      executionArn: 'a',
      startDate: new Date(0),
    });
    await expect(start({ input: '{}' })).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(start({ stateMachineArn: 'a', more: 1 })).rejects.toMatchObject({
      code: 'SerializationException',
    });
    await expect(world.call('states', 'StopExecution', { executionArn: 'a' })).rejects.toMatchObject({
      code: 'UnknownOperationException',
    });
    await expect(world.call('dynamodb', 'GetItem', {})).rejects.toMatchObject({
      code: 'UnknownOperationException',
    });
  });

  it('delivers events after the start, and goes on when a receiver fails', async () => {
    const received: BusEvent[] = [];
    let resolve: () => void;
    const both = new Promise<void>((done) => {
      resolve = done;
    });
    const event = (source: string): BusEvent => ({ source, 'detail-type': 't', resources: [], detail: {} });
    let started = false;
    local = await startLocal({
      services: [
        service({ onBusEvent: () => Promise.reject(new Error('no')) }, (world) =>
          world.publish(event('before')),
        ),
        service({
          start: () => {
            started = true;
          },
          onBusEvent: (one) => {
            expect(started).toBe(true);
            received.push(one);
            if (received.length === 2) resolve();
          },
        }),
      ],
    });
    local.world.publish(event('after'));
    await both;

    expect(received.map(({ source }) => source)).toEqual(['before', 'after']);
  });

  it('stops them all, the last started first, even when one fails', async () => {
    const stopped: string[] = [];
    const stopping = await startLocal({
      services: [
        service({
          stop: () => {
            stopped.push('first');
          },
        }),
        service({ stop: () => Promise.reject(new Error('no')) }),
        service({
          stop: () => {
            stopped.push('last');
          },
        }),
      ],
    });
    await stopping.stop();

    expect(stopped).toEqual(['last', 'first']);
    await expect(fetch(stopping.endpoint)).rejects.toThrow();
  });
});
