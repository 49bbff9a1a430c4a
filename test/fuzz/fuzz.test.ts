import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sha256 } from '#core/digest.ts';
import { createRandom } from '#core/random.ts';
import { createRequests, validImages } from './requests.ts';
import { problemOf, runFuzz } from './run.ts';
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

it('the same seed sends the same requests, in every process', async () => {
  const digestOfMany = async () => {
    const next = createRequests(createRandom('fuzz', 7), await validImages());
    return sha256(JSON.stringify(Array.from({ length: 200 }, next)));
  };

  expect(await digestOfMany()).toBe(await digestOfMany());
});

describe('the API under requests that nobody should send', () => {
  let stack: Awaited<ReturnType<typeof startFuzzStack>>;
  beforeAll(async () => {
    stack = await startFuzzStack(inject('template'));
  });
  afterAll(() => stack?.close());

  it('answers each as its document says, and goes on', async () => {
    const { api, key } = stack;
    const { statuses, problems } = await runFuzz({ api, key, requests: 300, seed: 1, clients: 4 });

    expect(problems).toEqual([]);
    // Some are right, so that the others are compared with something that works.
    expect(statuses['200']).toBeGreaterThan(5);
    expect(statuses['400']).toBeGreaterThan(50);
    expect(stack.isRunning()).toBe(true);
  });
});
