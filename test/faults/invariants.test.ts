import { describe, expect, test } from 'vitest';
import { deployedExecution, plainPlan, soundEvidence } from './evidence.ts';
import { findViolations } from './invariants.ts';
import type { Evidence } from './observe.ts';
import { type Plan, versions } from './schedule.ts';

/** What the checker says when this is changed in a run that went well. */
function violations(evidence: Partial<Evidence>, plan: Partial<Plan> = {}, ruined: string[] = []) {
  const changed = { ...plainPlan, ...plan };
  return findViolations(
    { plan: changed, starts: changed.starts, ruined: new Set(ruined) },
    { ...soundEvidence, ...evidence },
  ).map(({ kind, text }) => `${kind}: ${text}`);
}
const ended = (outcome: 'FAILED' | 'REJECTED' | 'SUPERSEDED' | 'ROLLED_BACK', reason = 'because') => ({
  ...deployedExecution,
  outcome: { outcome, reason, version: versions.next },
});
const champion = soundEvidence.champion!;
const old = { ...champion, version: versions.first, execution: 'before-1' };

describe('a lost model', () => {
  test('is none where all went well', () => {
    expect(violations({})).toEqual([]);
  });

  test.each<[string, Partial<Evidence>, Partial<Plan>]>([
    ['was never started', { executions: [] }, {}],
    [
      'ended without an outcome',
      { executions: [{ name: 'promote', status: 'FAILED', cause: 'broken' }] },
      {},
    ],
    ['failed and nothing explains it', { executions: [ended('FAILED')] }, {}],
    ['was refused though it is good', { executions: [ended('REJECTED')] }, {}],
    ['was superseded by nothing', { executions: [ended('SUPERSEDED')] }, {}],
    ['is not live in the end', { champion: old, executions: [ended('FAILED')] }, {}],
  ])('is one that %s', (_what, evidence, plan) => {
    expect(violations(evidence, plan)).toContainEqual(expect.stringMatching(/^lost model/));
  });

  test('is none that an unrecoverable fault struck, once a new execution has deployed it', () => {
    const starts = [...plainPlan.starts, { ...plainPlan.starts[0]!, name: 'again' }];
    const again = { ...deployedExecution, name: 'again' };
    const evidence = {
      executions: [ended('FAILED'), again],
      champion: { ...champion, execution: 'again' },
      championExecutions: ['again'],
    };

    expect(violations(evidence, { starts }, ['promote'])).toEqual([]);
    expect(violations(evidence, { starts })).toHaveLength(1);
  });
});

describe('a wrong model', () => {
  test.each<[string, Partial<Evidence>, Partial<Plan>]>([
    [
      'an endpoint on another configuration than the champion’s',
      { endpoint: { status: 'InService', config: 'other' } },
      {},
    ],
    ['an endpoint that is gone', { endpoint: { status: 'Failed', config: 'config' } }, {}],
    ['an endpoint that does not answer', { answer: { error: 'out of memory' } }, {}],
    ['an endpoint that answers with another model', { answer: { trainingJob: 'other', label: 'apple' } }, {}],
    ['an endpoint that answers wrongly', { answer: { trainingJob: 'job', label: 'banana' } }, {}],
    ['a bad model', {}, { models: { [versions.next]: 'liar' } }],
    [
      'one that the gate refused',
      { executions: [{ ...deployedExecution, decision: { decision: 'REJECT' } }] },
      {},
    ],
    ['one that is older than another that was deployed', { champion: old }, {}],
    ['success that was reported of what never was champion', { championExecutions: [] }, {}],
  ])('is %s', (_what, evidence, plan) => {
    expect(violations(evidence, plan)).toContainEqual(expect.stringMatching(/^wrong model live/));
  });

  test('is an endpoint where nothing is champion', () => {
    const { champion: _champion, ...rest } = soundEvidence;
    const found = findViolations({ plan: plainPlan, starts: [], ruined: new Set() }, rest);

    expect(found).toContainEqual(expect.objectContaining({ kind: 'wrong model live' }));
  });

  test('is none that a person has put back, or has forced', () => {
    const from = { version: versions.next, execution: 'promote', endpointConfig: 'x', by: 'jane' };
    const force = { input: { force: { by: 'jane', reason: 'the fair' } } };

    expect(violations({ champion: { ...old, rolledBackFrom: from } })).toEqual([]);
    expect(
      violations(
        {
          executions: [{ ...deployedExecution, decision: { decision: 'REJECT', forced: force.input.force } }],
        },
        { models: { [versions.next]: 'poor' }, starts: [{ ...plainPlan.starts[0]!, by: force }] },
      ),
    ).toEqual([]);
  });
});

describe('what is stuck', () => {
  test.each<[string, Partial<Evidence>]>([
    ['an execution that still runs', { executions: [{ ...deployedExecution, status: 'RUNNING' }] }],
    ['an endpoint that still changes', { endpoint: { status: 'Updating', config: 'config' } }],
    ['a lock whose holder has ended', { lock: 'promote' }],
    ['a lock that no execution holds', { lock: 'unknown' }],
  ])('is %s', (_what, evidence) => {
    expect(violations(evidence)).toContainEqual(expect.stringMatching(/^stuck/));
  });

  test('is no lock of an execution that a person has stopped: the next one takes it', () => {
    expect(
      violations({ executions: [{ name: 'promote', status: 'ABORTED' }], lock: 'promote' }),
    ).not.toContainEqual(expect.stringMatching(/^stuck/));
  });
});
