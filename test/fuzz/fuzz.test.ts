import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { sha256 } from '#core/digest.ts';
import { createRandom } from '#core/random.ts';
import { validImages } from './images.ts';
import { createRequests } from './requests.ts';
import { problemOf, runFuzz, totals } from './run.ts';
import { startFuzzStack } from './stack.ts';

const PREDICT = 'POST /domains/{domain}/predictions';
const problem = { type: 'about:blank', title: 'x', status: 400, detail: 'x', instance: 'x' };
const answer = (statusCode: number, body: object, type = 'application/problem+json') => ({
  ...{ statusCode, headers: { 'content-type': type }, body: JSON.stringify(body) },
});

describe('what test:fuzz finds', () => {
  it.each([
    ['an answer of the document', answer(400, problem), undefined],
    ['a client that left', undefined, undefined],
    ['a status that the document does not have', answer(418, problem), /418.*not in the document/],
    ['another form', answer(400, { message: 'x' }), /must have required property/],
    ['another media type', answer(400, problem, 'text/html'), /in the document it is/],
    ['our own mistake', answer(500, problem), /^500/],
    ['a function that crashed', answer(502, problem), /^502/],
    ['a broken connection', new Error('reset'), /broke: reset/],
  ])('of %s', (_what, given, expected) => {
    const found = problemOf({ operation: PREDICT }, given);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(expected);
  });
});

/** The first requests of a seed, as they would be sent to some stack. */
async function firstRequests(count: number, seed = 7) {
  const known = { photographs: 's3://data/domains/fuzz/photographs', batchKeys: ['a'], batches: ['0a'] };
  const next = createRequests(createRandom('fuzz', seed), { images: await validImages(), known });
  return Array.from({ length: count }, next);
}

it('the same seed sends the same requests, in every process', async () => {
  const [one, again, other] = await Promise.all([7, 7, 8].map((seed) => firstRequests(200, seed)));

  expect(sha256(JSON.stringify(one))).toBe(sha256(JSON.stringify(again)));
  expect(sha256(JSON.stringify(one))).not.toBe(sha256(JSON.stringify(other)));
});

it('every route of the document is asked, and what there is not', async () => {
  const { paths } = parse(await readFile('docs/openapi.yaml', 'utf8')) as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const requests = await firstRequests(600);
  const asked = new Set(requests.map(({ operation }) => operation ?? 'nothing'));

  expect([...asked].sort()).toEqual([...documented, 'nothing'].sort());
  for (const { operation, method, path } of requests) {
    if (operation === undefined) continue;
    const pattern = operation.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    expect(`${method} ${path.split('?')[0]}`).toMatch(new RegExp(`^${pattern}$`));
  }
});

describe('the API under requests that nobody should send', () => {
  let stack: Awaited<ReturnType<typeof startFuzzStack>>;
  beforeAll(async () => {
    stack = await startFuzzStack(inject('template'));
  });
  afterAll(() => stack?.close());

  it('answers each as its document says, and goes on', async () => {
    const { api, keys, known } = stack;
    const { answers, problems } = await runFuzz({
      ...{ api, keys, known },
      ...{ requests: 300, seed: 1, clients: 4 },
    });
    const statuses = totals(answers);

    expect(problems).toEqual([]);
    // Some are right, so that the others are compared with something that works.
    expect(statuses['200']).toBeGreaterThan(20);
    expect(statuses['400']).toBeGreaterThan(50);
    expect(answers['POST /domains/{domain}/batches']?.['202']).toBeGreaterThan(0);
    // Hardly any request is refused before it gets to a function, but those beyond the usage plan.
    expect(answers['any route, beyond the usage plan']?.['429']).toBe(statuses['429']);
    expect(await stack.ended()).toEqual([]);
  });
});
