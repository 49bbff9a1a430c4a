import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machine, startMachine } from '../../../statemachines/machine.ts';
import { graft, spawnGraft } from '../../cli.ts';

const version = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';
const stateMachine = 'arn:aws:states:eu-central-1:000000000000:stateMachine:promote-model';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.pushModel(version);
  await machine.pushModel(second);
  await machine.pushDomain('asking', { approval: { required: true } });
  await machine.pushDomain('good');
});
afterAll(async () => {
  await machine?.stop();
});

/** The real program, as a process of its own. */
const run = (...words: string[]) => spawnGraft([...words, '--json']).done;
const onApprovals = (...words: string[]) => run(...words, '--bucket', 'artifacts');

async function waiting(count: number) {
  for (;;) {
    const { last } = await onApprovals('approvals');
    if (last.waiting.length === count) return last.waiting;
  }
}
const promote = (name: string, domain = 'asking', which = version) =>
  machine.promote(name, { model: 'icons', version: which, domains: [domain] });

describe.sequential('graft approve and graft reject', () => {
  it('say that nothing waits', async () => {
    expect(await waiting(0)).toEqual([]);
    const refused = await onApprovals('approve', 'asking');

    expect(refused.code).toBe(1);
    expect(refused.last.message).toBe('No promotion of "asking" waits for approval');
  });

  it('list what waits, without its token, refuse with a reason, and approve by name', async () => {
    const [one, other] = [promote('one'), promote('other')];

    const list = await waiting(2);
    expect(list).toMatchObject([
      { execution: 'one', domain: 'asking', version, decision: 'PROMOTE' },
      { execution: 'other' },
    ]);
    expect(JSON.stringify(list)).not.toContain('token');

    const ambiguous = await onApprovals('approve', 'asking');
    expect(ambiguous.code).toBe(2);
    expect(ambiguous.last).toMatchObject({
      message: '2 promotions of "asking" wait for approval: one, other',
      hint: 'Say which one with --execution.',
    });

    const rejected = await onApprovals(
      ...['reject', 'asking', '--execution', 'one', '--reason', 'limes', '--by', 'jane'],
    );
    expect(rejected).toMatchObject({ code: 0, last: { approved: false, by: 'jane', comment: 'limes' } });
    await one;
    expect(await machine.outcome('one', 'asking')).toMatchObject({
      outcome: 'REJECTED',
      reason: 'jane says no: limes',
    });

    const approved = await onApprovals('approve', 'asking', '--comment', 'looked at it');
    expect(approved).toMatchObject({ code: 0, last: { execution: 'other', approved: true } });
    await other;
    expect(await machine.outcome('other', 'asking')).toMatchObject({
      outcome: 'DEPLOYED',
      approval: { approved: true, by: approved.last.by, comment: 'looked at it' },
    });
  });
});

describe.sequential('graft rollback', () => {
  it.each([
    ['a domain that nothing was promoted to', ['nowhere'], 'nothing is live in "nowhere"'],
    ['a version that was never live', ['good', '--to', '20200101T000000Z-cccccc'], 'is live in "good"'],
  ])('starts nothing for %s', async (_what, words, message) => {
    const refused = await run('rollback', ...words, '--state-machine', stateMachine, '--bucket', 'artifacts');

    expect(refused.code).toBe(1);
    expect(refused.last.message).toContain(message);
    expect(refused.last.hint).toMatch(/\w/);
    const { executions } = await machine.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: stateMachine }),
    );
    expect(executions!.filter(({ name }) => name!.startsWith('rollback-'))).toEqual([]);
  });

  const rollback = (...words: string[]) => run('rollback', ...words, '--state-machine', stateMachine);

  it('puts back what was live before, and waits for it', async () => {
    await promote('good-first', 'good');
    const before = await machine.endpoint('good');
    await promote('good-second', 'good', second);

    const done = await rollback('good', '--by', 'jane', '--reason', 'limes');

    expect(done.last).toMatchObject({ ok: true, domain: 'good', outcome: 'DEPLOYED' });
    expect(done.code).toBe(0);
    expect(done.last.reason).toMatch(/^jane rolled graft-test-good back from 20261115/);
    expect(await machine.endpoint('good')).toEqual(before);
  });

  it('fails with the reason when there is nothing to go back to', async () => {
    const failed = await rollback('good');

    expect(failed.code).toBe(1);
    expect(failed.last.message).toMatch(/^Nothing was rolled back: rollback: nothing was live in "good"/);
  });

  it('goes to a version by name, and need not be waited for', async () => {
    const started = await rollback('good', '--to', second, '--detach');

    expect(started.code).toBe(0);
    expect(started.last.execution).toMatch(/^rollback-good-/);
    expect(await machine.ended(started.last.executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('wrong usage', () => {
  it.each([
    [['approve'], 'needs <domain>'],
    [['reject', 'produce'], 'needs --reason'],
    [['reject', 'produce', '--reason', ' '], '--reason is " "'],
    [['approve', 'produce', '--by', ''], '--by is ""'],
    [['rollback', 'Fresh Produce'], 'The domain is "Fresh Produce"'],
    [['rollback', 'produce', '--to', 'yesterday'], '--to is "yesterday"'],
  ])('of %j is exit code 2 and is named', async (words, message) => {
    const { stderr, code } = await graft(words);

    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
