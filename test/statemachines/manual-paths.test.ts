import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { DeleteEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { championKey, decisionKey, reportKey } from '#core/keys.ts';
import { buckets } from '../functions/stage.ts';
import { type Machine, startMachine } from './machine.ts';

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';
const approval = { required: true, timeoutSeconds: 600 };
const lenient = { minimumAccuracy: 0, minimumUplift: -1, minimumRecall: 0, minimumTestImages: 12 };

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.pushModel(first);
  await machine.pushModel(second);
});
afterAll(async () => {
  await machine?.stop();
});

const store = () => promotionStore(machine.s3, buckets.artifacts);

const promote = (execution: string, domain: string, changes: object = {}, which?: string) =>
  machine.promote(execution, { model: 'icons', version: first, domains: [domain], ...changes }, which);

/** The question that an execution puts, as soon as it puts it; another one than `not`. */
async function question(execution: string, not?: string) {
  for (;;) {
    const waiting = await store().approvals.list();
    const found = waiting.find((pending) => pending.execution === execution && pending.token !== not);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const answer = (taskToken: string, output: unknown) =>
  machine.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));

describe('a domain that asks a person', () => {
  beforeAll(() => machine.pushDomain('asking', { approval }));

  test('is deployed after a yes, which its outcome keeps', async () => {
    const running = promote('approved', 'asking');
    const { token, rows } = await question('approved');
    expect(rows.length).toBeGreaterThan(3);
    expect(await machine.endpoint('asking')).toBeUndefined();
    // There is something to look at before one answers.
    const report = await store().bucket.find(reportKey('approved', 'asking', 'html'));
    expect(Buffer.from(report!.bytes).toString()).toContain('AWAITING_APPROVAL');

    await answer(token, { approved: true, by: 'jane', comment: 'looked at it' });

    expect((await running).status).toBe('SUCCEEDED');
    const outcome = await machine.outcome('approved', 'asking');
    expect(outcome).toMatchObject({
      outcome: 'DEPLOYED',
      approval: { approved: true, by: 'jane', comment: 'looked at it' },
      reason: expect.stringContaining('Approved by jane'),
    });
    expect(await store().approvals.list()).toEqual([]);
  });

  test('is deployed after a yes though its test images have been removed or replaced meanwhile', async () => {
    await machine.pushDomain('changing', { approval });
    const running = promote('changed', 'changing');
    const { token } = await question('changed');
    for (const n of [0, 1, 2, 3, 4, 5]) {
      await machine.put(buckets.data, `domains/changing/test/apple/${n}.png`, 'another image');
      const Key = `domains/changing/test/banana/${n}.png`;
      await machine.s3.send(new DeleteObjectCommand({ Bucket: buckets.data, Key }));
    }

    await answer(token, { approved: true, by: 'jane' });

    expect((await running).status).toBe('SUCCEEDED');
    expect(await machine.outcome('changed', 'changing')).toMatchObject({
      outcome: 'DEPLOYED',
      reason: expect.stringMatching(/confirmed on 2 golden images/),
    });
  });

  test('keeps what is live after a no', async () => {
    const before = await machine.endpoint('asking');
    const running = promote('refused', 'asking', { version: second });
    const { token } = await question('refused');

    await answer(token, { approved: false, by: 'jane', comment: 'limes' });

    expect((await running).status).toBe('SUCCEEDED');
    expect(await machine.outcome('refused', 'asking')).toMatchObject({
      outcome: 'REJECTED',
      reason: 'jane says no: limes',
      approval: { approved: false, by: 'jane' },
    });
    expect(await machine.endpoint('asking')).toEqual(before);
    expect(await store().approvals.list()).toEqual([]);
  });

  test('takes silence for a no', async () => {
    const before = await machine.endpoint('asking');

    const execution = await promote('silent', 'asking', { version: second }, 'impatient');

    expect(execution.status).toBe('SUCCEEDED');
    expect(await machine.outcome('silent', 'asking')).toMatchObject({
      outcome: 'REJECTED',
      reason: 'Nobody answered within 600 s',
      approval: { approved: false, by: null },
    });
    expect(await machine.endpoint('asking')).toEqual(before);
  });

  test('asks again where the answer says nothing', async () => {
    const running = promote('mumbled', 'asking', { version: second });
    const { token } = await question('mumbled');

    await answer(token, { approved: 'yes' });
    const again = await question('mumbled', token);
    await answer(again.token, { approved: true, by: 'jane' });

    expect((await running).status).toBe('SUCCEEDED');
    expect(await machine.outcome('mumbled', 'asking')).toMatchObject({ outcome: 'DEPLOYED' });
  });

  test('is not asked where the gate says no', async () => {
    await machine.pushDomain('poor', { approval });

    await promote('not-asked', 'poor');

    const outcome = await machine.outcome('not-asked', 'poor');
    expect(outcome).toMatchObject({ outcome: 'REJECTED', reason: expect.stringMatching(/gate says no/) });
    expect(outcome.approval).toBeUndefined();
  });
});

describe.sequential('by hand', () => {
  test('the gate alone is asked again about what was trained, and nothing is deployed', async () => {
    await machine.pushDomain('poor');
    await promote('trained', 'poor');
    expect(await machine.outcome('trained', 'poor')).toMatchObject({ outcome: 'REJECTED' });

    await machine.pushDomain('poor', { gate: lenient });
    const execution = await promote('asked-again', 'poor', { gateOnly: { trainingOf: 'trained' } });

    expect(execution.status).toBe('SUCCEEDED');
    expect(await machine.outcome('asked-again', 'poor')).toMatchObject({
      outcome: 'EVALUATED',
      reason: expect.stringMatching(/^The gate says yes\. .*trained; nothing was deployed/),
    });
    expect(await machine.json(decisionKey('asked-again', 'poor'))).toMatchObject({ decision: 'PROMOTE' });
    expect(await machine.endpoint('poor')).toBeUndefined();
  });

  test('the gate alone cannot be asked about a training that never happened', async () => {
    await promote('asked-in-vain', 'poor', { gateOnly: { trainingOf: 'never' } });

    expect(await machine.outcome('asked-in-vain', 'poor')).toMatchObject({
      outcome: 'FAILED',
      reason: expect.stringMatching(/gateOnly\.trainingOf: execution never has trained nothing/),
    });
  });

  test('a model that the gate refuses is forced, confirmed and recorded as forced', async () => {
    await machine.pushDomain('poor');
    const force = { by: 'jane', reason: 'demonstration on Monday' };

    await promote('forced', 'poor', { force });

    expect(await machine.json(decisionKey('forced', 'poor'))).toMatchObject({
      decision: 'REJECT',
      forced: force,
    });
    expect(await machine.outcome('forced', 'poor')).toMatchObject({
      outcome: 'DEPLOYED',
      forced: force,
      reason: expect.stringMatching(
        /golden images\. Forced by jane \(demonstration on Monday\)\. The gate says no/,
      ),
    });
    expect(await machine.endpoint('poor')).toMatchObject({ status: 'InService' });
  });

  test('force does not overrule an endpoint that differs from its training job', async () => {
    await machine.pushDomain('liar');

    await promote('forced-liar', 'liar', { force: { by: 'jane', reason: 'now' } });

    expect(await machine.outcome('forced-liar', 'liar')).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await machine.endpoint('liar')).toBeUndefined();
  });

  test.each<[string, object, RegExp]>([
    ['a force without a reason', { force: { by: 'jane' } }, /force\.reason/],
    [
      'a force on every domain',
      { force: { by: 'jane', reason: 'x' }, domains: undefined },
      /domains: a forced/,
    ],
    ['gate-only without an execution', { gateOnly: {} }, /gateOnly\.trainingOf/],
    [
      'gate-only that is forced',
      { gateOnly: { trainingOf: 'x' }, force: { by: 'jane', reason: 'x' } },
      /force: gateOnly deploys nothing/,
    ],
  ])('%s is refused by the first state, which names the field', async (name, changes, message) => {
    const execution = await promote(name.replaceAll(' ', '-'), 'poor', changes);

    expect(execution).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(execution.cause).toMatch(message);
  });
});

describe.sequential('a rollback', () => {
  const rollBack = (execution: string, rollback: object) => machine.promote(execution, { rollback });
  let older: { status: string | undefined; config: string | undefined };
  let newer: typeof older;

  beforeAll(async () => {
    await machine.pushDomain('good');
    await promote('good-first', 'good');
    older = (await machine.endpoint('good'))!;
    await promote('good-second', 'good', { version: second });
    newer = (await machine.endpoint('good'))!;
  });

  test('puts back what was live before, confirmed, and says who wanted it', async () => {
    expect(newer.config).not.toBe(older.config);

    const execution = await rollBack('back', { domain: 'good', by: 'jane', reason: 'limes' });

    expect(execution.cause).toBeUndefined();
    expect(execution.status).toBe('SUCCEEDED');
    expect(await machine.endpoint('good')).toEqual(older);
    const from = { version: second, execution: 'good-second', by: 'jane', reason: 'limes' };
    expect(await machine.outcome('back', 'good')).toMatchObject({
      outcome: 'DEPLOYED',
      version: first,
      rolledBackFrom: from,
      reason: expect.stringMatching(/jane rolled .* back from 20261115.* to 20261101.*golden images/),
    });
    expect(await machine.json(championKey('good'))).toMatchObject({
      version: first,
      execution: 'back',
      endpointConfig: older.config,
      rolledBackFrom: from,
    });
    const history = await store().championHistory.list('good');
    expect(history.map((champion) => champion.execution)).toEqual(['good-first', 'good-second', 'back']);
  });

  test('goes one further back the second time, and never to what it came from', async () => {
    const execution = await rollBack('further-back', { domain: 'good', by: 'jane' });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'NotFound' });
    expect(execution.cause).toMatch(/nothing was live in "good" before icons 20261101.*live there: 20261115/);
    expect(await machine.endpoint('good')).toEqual(older);
  });

  test('goes to a version by name, a newer one too', async () => {
    await rollBack('forward', { domain: 'good', toVersion: second, by: 'jane' });

    expect(await machine.endpoint('good')).toEqual(newer);
  });

  test.each<[string, object, string, RegExp]>([
    [
      'a version that was never live',
      { domain: 'good', toVersion: '20250101T000000Z-cccccc' },
      'NotFound',
      /rollback\.toVersion/,
    ],
    ['a domain without an endpoint', { domain: 'nobody' }, 'NotFound', /rollback\.domain/],
    ['no domain', {}, 'InvalidInput', /rollback\.domain/],
    ['nobody who wants it', { domain: 'good', by: '' }, 'InvalidInput', /rollback\.by/],
    ['a field that is none', { domain: 'good', to: first }, 'InvalidInput', /"to"/],
  ])('of %s is refused by the first state', async (name, rollback, error, message) => {
    const execution = await rollBack(name.replaceAll(' ', '-'), { by: 'jane', ...rollback });

    expect(execution).toMatchObject({ status: 'FAILED', error });
    expect(execution.cause).toMatch(message);
    expect(await machine.endpoint('good')).toEqual(newer);
  });

  test('is refused, and nothing touched, when the configuration is gone', async () => {
    await machine.sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: older.config! }));

    await rollBack('to-nothing', { domain: 'good', by: 'jane' });

    expect(await machine.outcome('to-nothing', 'good')).toMatchObject({
      outcome: 'FAILED',
      reason: expect.stringMatching(/endpoint configuration .* is gone/),
    });
    expect(await machine.endpoint('good')).toEqual(newer);
    expect(await machine.json(championKey('good'))).toMatchObject({ version: second });
  });
});
