import { describe, expect, test } from 'vitest';
import type { GatePolicy } from '#core/contracts/domain.ts';
import type { Evaluation, EvaluationRow } from '#core/contracts/evaluation.ts';
import type { ChampionCase } from '#core/gate/champion.ts';
import { decide } from '#core/gate/gate.ts';
import { pair } from '#core/gate/pairing.ts';
import { evaluation, olderVersion } from '../../functions/samples.ts';

const policy: GatePolicy = {
  minimumAccuracy: 0.5,
  minimumUplift: 0.1,
  minimumRecall: 0.5,
  minimumTestImages: 40,
  maximumRegression: 0,
  significance: 0.05,
  maximumLatencyMs: 100,
};
const challenger = evaluation('transfer', 18);
const baseline = evaluation('baseline', 8);
const scored = ({ rows }: Evaluation): ChampionCase => ({
  standing: 'scored',
  version: olderVersion,
  trainingJob: 'job-before',
  rows,
});
const decideOn = (changes: {
  challenger?: Evaluation;
  baseline?: Evaluation;
  champion?: ChampionCase;
  policy?: Partial<GatePolicy>;
}) => {
  const decision = decide({
    challenger: changes.challenger ?? challenger,
    baseline: changes.baseline ?? baseline,
    champion: changes.champion ?? { standing: 'none' },
    policy: { ...policy, ...changes.policy },
  });
  return { ...decision, failed: decision.rows.filter((row) => !row.passed).map((row) => row.rule) };
};

describe('the gate', () => {
  test('asks every rule, in the order of the report, and promotes when all pass', () => {
    const decision = decideOn({});

    expect(decision.decision).toBe('PROMOTE');
    expect(decision.rows.map((row) => row.rule)).toEqual([
      'test-images',
      'minimum-accuracy',
      'uplift-over-baseline',
      'no-regression',
      'minimum-recall',
      'latency',
    ]);
    expect(decision).toMatchObject({ baselineAccuracy: 0.4, transferAccuracy: 0.9 });
  });

  test.each<[string, Parameters<typeof decideOn>[0]]>([
    ['test-images', { policy: { minimumTestImages: 41 } }],
    ['minimum-accuracy', { policy: { minimumAccuracy: 0.9 } }],
    ['uplift-over-baseline', { policy: { minimumUplift: 0.51 } }],
    ['no-regression', { champion: scored(evaluation('transfer', 19)) }],
    ['minimum-recall', { policy: { minimumRecall: 0.91 } }],
    ['latency', { challenger: { ...challenger, latencyMs: { p50: 1, p95: 101 } } }],
  ])('one rule that fails is enough to reject: %s', (rule, changes) => {
    const decision = decideOn(changes);

    expect(decision.decision).toBe('REJECT');
    expect(decision.failed).toEqual([rule]);
  });

  test('compares exactly at the threshold as the report says: at least, at most', () => {
    const exact = decideOn({
      challenger: { ...challenger, latencyMs: { p50: 1, p95: 100 } },
      policy: { minimumTestImages: 40, minimumUplift: 0.5, minimumRecall: 0.9 },
    });
    expect(exact.failed).toEqual([]);
  });

  test('counts from the rows, whatever a wrong summary says', () => {
    const boasting = { ...evaluation('transfer', 8), accuracy: 1 };

    expect(decideOn({ challenger: boasting }).failed).toContain('minimum-accuracy');
  });

  test('a lucky small test set is not enough: the interval’s lower bound counts', () => {
    const few = decideOn({
      challenger: evaluation('transfer', 3, 3),
      baseline: evaluation('baseline', 0, 3),
      policy: { minimumTestImages: 6, minimumAccuracy: 0.7 },
    });
    // 6 of 6 are 100 %, but at least 61 % only with 95 % confidence.
    expect(few.rows[1]).toMatchObject({
      observed: '1.000 (at least 0.610 with 95 % confidence)',
      passed: false,
    });
  });

  test('an uplift by chance is none', () => {
    const slight = decideOn({
      challenger: evaluation('transfer', 10),
      baseline: evaluation('baseline', 9),
      policy: { minimumUplift: 0, minimumAccuracy: 0, minimumRecall: 0 },
    });

    // Two more images of 40: p = 0.25.
    expect(slight.rows[2]).toMatchObject({ observed: '+0.050 (p = 0.250)', passed: false });
  });

  test.each([
    [-0.1, true],
    [-0.04, false],
    [0, false],
  ])('a loss of 0.05 with a least uplift of %f: %s', (minimumUplift, passed) => {
    const worse = decideOn({
      challenger: evaluation('transfer', 17),
      baseline: evaluation('baseline', 18),
      policy: { minimumUplift },
    });

    expect(worse.rows[2]).toMatchObject({ passed });
  });

  test('a loss is written as one', () => {
    const worse = decideOn({ challenger: baseline, baseline: challenger });

    expect(worse.rows[2]!.observed).toMatch(/^-0\.500 \(p = 1\.000\)$/);
  });

  test('names the worst class', () => {
    const rows = challenger.rows.map((row, n) => (n >= 24 ? { ...row, prediction: 'apple' } : row));
    const uneven = decideOn({ challenger: { ...challenger, rows } });

    expect(uneven.rows[4]).toMatchObject({ observed: '0.200 (worst class: banana)', passed: false });
  });
});

describe('pairing', () => {
  const row = (id: string, prediction: string, truth = 'a'): EvaluationRow => ({
    id,
    truth,
    prediction,
    confidence: 1,
  });

  test('counts the images on which exactly one was right, in any order', () => {
    const first = [row('1', 'a'), row('2', 'a'), row('3', 'b'), row('4', 'b')];
    const second = [row('4', 'b'), row('3', 'a'), row('2', 'b'), row('1', 'a')];

    expect(pair(first, second)).toEqual({ images: 4, onlyFirst: 1, onlySecond: 1 });
  });

  test.each([
    ['more images in one', [row('1', 'a')], [row('1', 'a'), row('2', 'a')]],
    ['other images', [row('1', 'a')], [row('2', 'a')]],
    ['another truth', [row('1', 'a')], [row('1', 'a', 'b')]],
    ['an image twice', [row('1', 'a'), row('2', 'a')], [row('1', 'a'), row('1', 'a')]],
  ])('refuses %s', (_what, first, second) => {
    expect(() => pair(first, second)).toThrow(expect.objectContaining({ name: 'IntegrityViolation' }));
  });
});
