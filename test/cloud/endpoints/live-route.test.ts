import { beforeEach, describe, expect, test } from 'vitest';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { createRoutes, type Route } from '../../../cloud/endpoints/live-route.ts';
import { serviceError } from '../recording-client.ts';

const own = { EndpointName: 'graft-dev-produce' };
const shared = { EndpointName: 'graft-dev--shared-2', TargetModel: 'produce/a.tar.gz' };
const unknown = serviceError('ValidationError', 'Endpoint graft-dev-produce of account 1 not found.');
const gone = serviceError('ValidationError', 'Failed to download model data(bucket: a, key: b).');

let now: number;
let reads: number;
let champion: { endpoint: string; targetModel?: string } | undefined;
let asked: Route[];
let alongRoute: ReturnType<typeof createRoutes>;

beforeEach(() => {
  now = 0;
  reads = 0;
  asked = [];
  champion = { endpoint: shared.EndpointName, targetModel: shared.TargetModel };
  const artifacts = {
    async findJson() {
      reads++;
      return champion;
    },
  } as unknown as Bucket;
  alongRoute = createRoutes({ artifacts, endpointPrefix: 'graft-dev', now: () => now });
});

/** Asks, where these routes answer and others are not known. */
const ask = (...answering: Route[]) =>
  alongRoute('produce', async (route) => {
    asked.push(route);
    if (answering.some((each) => JSON.stringify(each) === JSON.stringify(route))) return 'answer';
    throw route.TargetModel === undefined ? unknown : gone;
  });

describe('the route of a request', () => {
  test("is the domain's own endpoint, without a look at its record", async () => {
    expect(await ask(own)).toBe('answer');
    expect(reads).toBe(0);
  });

  test('leads to the shared endpoint where there is no own one, and is remembered for a while', async () => {
    await ask(shared);
    await ask(shared);
    now = 15_000;
    await ask(shared);

    expect(asked).toEqual([own, shared, shared, own, shared]);
    expect(reads).toBe(2);
  });

  test('is looked up again when the model that is remembered has gone', async () => {
    await ask(shared);
    champion = { endpoint: shared.EndpointName, targetModel: 'produce/b.tar.gz' };
    const newer = { ...shared, TargetModel: 'produce/b.tar.gz' };
    await ask(newer);
    champion = { endpoint: own.EndpointName };
    await ask(own);

    expect(asked).toEqual([own, shared, shared, newer, newer, own]);
  });

  test('leads nowhere where nothing is live, or only an endpoint that has gone', async () => {
    await expect(ask()).rejects.toBe(gone);
    champion = { endpoint: own.EndpointName };
    await expect(ask()).rejects.toThrow();
    champion = undefined;
    await expect(ask()).rejects.toBe(unknown);

    expect(asked.at(-1)).toEqual(own);
  });

  test('passes other failures on', async () => {
    const failure = new Error('no');
    const asking = alongRoute('produce', () => Promise.reject(failure));

    await expect(asking).rejects.toBe(failure);
    expect(reads).toBe(0);
  });
});
