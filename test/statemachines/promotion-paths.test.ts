import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportSchema } from '#core/contracts/report.ts';
import { championKey, reportKey } from '#core/keys.ts';
import { type Machine, startMachine } from './machine.ts';

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.pushModel(first);
  await machine.pushModel(second);
  for (const name of ['good', 'poor', 'broken', 'liar', 'crasher', 'turncoat'])
    await machine.pushDomain(name);
});
afterAll(async () => {
  await machine?.stop();
});

const endings = async (execution: string, names: string[]) =>
  Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await machine.outcome(execution, name)).outcome] as const),
    ),
  );

/** The tests follow one another: each finds what the one before has deployed. */
describe.sequential('the state machine with its functions', () => {
  /** Configurations that were live in `good`, one after the other. */
  const liveInGood: string[] = [];

  test('brings every domain to its own end, whatever becomes of the others', async () => {
    const domains = ['good', 'poor', 'broken', 'liar', 'crasher', 'turncoat', 'missing'];

    const execution = await machine.promote('first', { model: 'icons', version: first, domains });

    expect(await endings('first', domains)).toEqual({
      good: 'DEPLOYED',
      poor: 'REJECTED',
      broken: 'FAILED',
      liar: 'ROLLED_BACK',
      crasher: 'FAILED',
      turncoat: 'DEPLOYED',
      missing: 'FAILED',
    });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'DomainFailed' });
    expect(execution.cause).toMatch(/7 domains: .*3 FAILED/);
    expect(machine.problems).toEqual([]);
  });

  test('gives each end its reason', async () => {
    const reason = async (name: string) => (await machine.outcome('first', name)).reason;

    expect(await reason('good')).toMatch(/accuracy 1\.000 \(0\.500 without/);
    expect(await reason('poor')).toMatch(/uplift-over-baseline/);
    expect(await reason('broken')).toMatch(/apple\/0\.png is no image/);
    expect(await reason('liar')).toMatch(/said "apple".*it was deleted/);
    expect(await reason('crasher')).toMatch(/graft-test-crasher is Failed/);
    expect(await reason('missing')).toMatch(/no domain "missing"/);
  });

  test('reports every one of them', async () => {
    const report = async (name: string) =>
      reportSchema.parse(await machine.json(reportKey('first', name, 'json')));

    expect(await report('good')).toMatchObject({
      outcome: 'DEPLOYED',
      scores: { transfer: { accuracy: 1 }, baseline: { accuracy: 0.5 } },
      cost: { jobs: [{ status: 'Completed' }, { status: 'Completed' }], total: expect.any(Number) },
      lineage: { endpoint: 'graft-test-good', replaces: null },
    });
    expect(await report('poor')).toMatchObject({ outcome: 'REJECTED', misclassified: { total: 6 } });
    expect(await report('liar')).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect((await report('broken')).cost.jobs).toContainEqual(
      expect.objectContaining({ mode: 'transfer', status: 'Failed' }),
    );
    expect(await report('missing')).toMatchObject({
      outcome: 'FAILED',
      reason: expect.stringMatching(/no domain "missing"/),
      scores: {},
      cost: { jobs: [], total: 0 },
    });
  });

  test('registers what was judged, as it was judged, and says in the report where', async () => {
    expect(await machine.registered('good')).toMatchObject([
      {
        ModelApprovalStatus: 'Approved',
        CustomerMetadataProperties: {
          outcome: 'DEPLOYED',
          execution: 'first',
          generalVersion: first,
          accuracy: '1.000000',
          endpointConfig: (await machine.endpoint('good'))!.config,
        },
      },
    ]);
    for (const name of ['poor', 'liar']) {
      expect(await machine.registered(name), name).toMatchObject([{ ModelApprovalStatus: 'Rejected' }]);
    }
    for (const name of ['broken', 'crasher', 'missing']) {
      expect(await machine.registered(name), name).toEqual([]);
    }
    const report = reportSchema.parse(await machine.json(reportKey('first', 'good', 'json')));
    expect(report.lineage.modelPackage).toMatch(/:model-package\/graft-test-good\/1$/);
  });

  test('leaves live what was confirmed, and nothing else', async () => {
    const champion = await machine.json(championKey('good'));

    expect(await machine.endpoint('good')).toEqual({
      status: 'InService',
      config: champion.endpointConfig,
    });
    expect(champion.version).toBe(first);
    liveInGood.push(champion.endpointConfig);
    expect(await machine.endpoint('poor')).toBeUndefined();
    for (const name of ['poor', 'liar', 'crasher', 'broken']) {
      await expect(machine.json(championKey(name)), name).rejects.toThrow();
    }
  });

  test('updates to a newer model, and goes back if its answers differ from those of its training job', async () => {
    const before = await machine.endpoint('turncoat');

    const execution = await machine.promote('second', {
      model: 'icons',
      version: second,
      domains: ['good', 'turncoat'],
    });

    expect(execution.status).toBe('SUCCEEDED');
    expect(await endings('second', ['good', 'turncoat'])).toEqual({
      good: 'DEPLOYED',
      turncoat: 'ROLLED_BACK',
    });
    const champion = await machine.json(championKey('good'));
    expect(champion).toMatchObject({ version: second });
    liveInGood.push(champion.endpointConfig);
    expect(await machine.endpoint('turncoat')).toEqual(before);
    expect(await machine.json(championKey('turncoat'))).toMatchObject({ version: first });
    expect((await machine.outcome('second', 'turncoat')).reason).toContain(`back on ${before!.config}`);
  });

  test('lets a canary go first, and an alarm take a bad model back before it has all the requests', async () => {
    const rollout = { type: 'canary', percent: 50, waitSeconds: 120 } as const;
    const endpoint = { type: 'instances', instanceType: 'ml.c5.large', instanceCount: 2, rollout } as const;
    const domains = ['fragile', 'sturdy'];
    for (const name of domains) await machine.pushDomain(name, { endpoint });
    await machine.promote('fleets', { model: 'icons', version: first, domains });
    expect(await endings('fleets', domains)).toEqual({ fragile: 'DEPLOYED', sturdy: 'DEPLOYED' });
    const before = await machine.endpoint('fragile');

    let over = false;
    const promotion = machine.promote('canaries', { model: 'icons', version: second, domains });
    void promotion.finally(() => {
      over = true;
    });
    while (!over) {
      const stands = await Promise.all(domains.map((name) => machine.endpoint(name)));
      const updating = domains.filter((_, index) => stands[index]?.status === 'Updating');
      for (const name of updating) for (let n = 0; n < 4; n++) await machine.ask(name);
      if (updating.length > 0) machine.advance(2_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    expect((await promotion).status).toBe('SUCCEEDED');
    expect(await endings('canaries', domains)).toEqual({ fragile: 'ROLLED_BACK', sturdy: 'DEPLOYED' });
    expect(await machine.endpoint('fragile')).toEqual(before);
    expect(await machine.json(championKey('fragile'))).toMatchObject({ version: first });
    expect(await machine.json(championKey('sturdy'))).toMatchObject({ version: second });
    expect((await machine.outcome('canaries', 'fragile')).reason).toMatch(
      /SageMaker rolled back.*ALARM state: rollout-graft-test-fragile-\w+-server-errors/,
    );
  });

  test('names the remedy where instances would have to become serverless', async () => {
    await machine.pushDomain('sturdy');

    await machine.promote('smaller', { model: 'icons', version: second, domains: ['sturdy'] });

    const { outcome, reason } = await machine.outcome('smaller', 'sturdy');
    expect(outcome).toBe('FAILED');
    expect(reason).toMatch(/runs on instances.*delete-endpoint --endpoint-name graft-test-sturdy/);
  });

  test('never goes back to an older model', async () => {
    const before = await machine.endpoint('good');

    const execution = await machine.promote('older', { model: 'icons', version: first, domains: ['good'] });

    expect(execution.status).toBe('SUCCEEDED');
    expect(JSON.parse(execution.output!)).toMatchObject({ outcomes: [{ outcome: 'SUPERSEDED' }] });
    expect(await machine.endpoint('good')).toEqual(before);
  });

  test('keeps the configurations of the last five promotions and removes older ones', async () => {
    const configs = [...liveInGood];
    for (const n of [1, 2, 3, 4]) {
      await machine.promote(`again-${n}`, { model: 'icons', version: second, domains: ['good'] });
      configs.push((await machine.json(championKey('good'))).endpointConfig);
    }

    expect(new Set(configs).size).toBe(6);
    expect(await Promise.all(configs.map(machine.configExists))).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  test('names the field of an input that is wrong', async () => {
    const execution = await machine.promote('typo', { model: 'icons', version: first, domain: 'good' });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(execution.cause).toMatch(/^The input of VerifyModel is not valid: .*"domain"/);
  });

  test('loses time and no model when every event is lost', async () => {
    machine.loseEvents();

    const execution = await machine.promote(
      'deaf',
      { model: 'icons', version: second, domains: ['good', 'broken', 'turncoat'] },
      'impatient',
    );

    expect(execution.status).toBe('FAILED');
    expect(await endings('deaf', ['good', 'broken', 'turncoat'])).toEqual({
      good: 'DEPLOYED',
      broken: 'FAILED',
      turncoat: 'ROLLED_BACK',
    });
    expect((await machine.outcome('deaf', 'broken')).reason).toContain('apple/0.png is no image');
    expect(await machine.json(championKey('good'))).toMatchObject({ execution: 'deaf' });
  });
});
