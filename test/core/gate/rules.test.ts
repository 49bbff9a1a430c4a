import { describe, expect, test } from 'vitest';
import { type GatePolicy, gatePolicySchema } from '#core/contracts/domain.ts';
import type { Evaluation, EvaluationRow } from '#core/contracts/evaluation.ts';
import { type ChampionCase, championCase } from '#core/gate/champion.ts';
import { decide } from '#core/gate/gate.ts';
import { champion as championFile, evaluation, newerVersion, olderVersion } from '../../functions/samples.ts';

/** Passes whatever it is asked, so that each table changes the one field that it is about. */
const lenient: GatePolicy = {
  minimumAccuracy: 0,
  minimumUplift: -1,
  minimumRecall: 0,
  minimumTestImages: 1,
  maximumRegression: 0,
  significance: 0.05,
  maximumLatencyMs: 1000,
};

/** Rows from a text: one image for each letter, `R` right, anything else wrong. */
const rowsOf = (answers: string): EvaluationRow[] =>
  [...answers].map((answer, n) => ({
    id: `apple/${n}.png`,
    truth: 'apple',
    prediction: answer === 'R' ? 'apple' : 'banana',
    confidence: 0.9,
  }));
const evaluationOf = (answers: string, changes: Partial<Evaluation> = {}): Evaluation => ({
  ...evaluation('transfer', 1),
  labels: ['apple'],
  rows: rowsOf(answers),
  ...changes,
});
const times = (letter: string, count: number) => letter.repeat(count);
const scored = (answers: string): ChampionCase => ({
  standing: 'scored',
  version: olderVersion,
  trainingJob: 'job-before',
  rows: rowsOf(answers),
});

function ask(
  rule: string,
  given: {
    challenger: string | Evaluation;
    baseline?: string;
    champion?: ChampionCase;
    policy?: Partial<GatePolicy>;
  },
) {
  const challenger = typeof given.challenger === 'string' ? evaluationOf(given.challenger) : given.challenger;
  const baseline = given.baseline ? evaluationOf(given.baseline) : challenger;
  const { rows } = decide({
    challenger,
    baseline,
    champion: given.champion ?? { standing: 'none' },
    policy: { ...lenient, ...given.policy },
  });
  return rows.find((row) => row.rule === rule)!;
}

describe('test-images', () => {
  test.each([
    [9, false],
    [10, true],
    [11, true],
  ])('%i of at least 10: %s', (images, passed) => {
    const row = ask('test-images', { challenger: times('R', images), policy: { minimumTestImages: 10 } });

    expect(row).toEqual({ rule: 'test-images', observed: String(images), required: '≥ 10', passed });
  });
});

describe('minimum-accuracy', () => {
  // n of n right have the lower bound n / (n + z²), z² = 3.8415.
  test.each([
    [34, 0, 0.9, false],
    [35, 0, 0.9, true],
    [90, 10, 0.9, false],
    [90, 10, 0.825, true],
    [90, 10, 0.826, false],
    [0, 5, 0, true],
    [5, 0, 1, false],
  ])('%i right and %i wrong for a lower bound of %f: %s', (right, wrong, minimumAccuracy, passed) => {
    const challenger = times('R', right) + times('w', wrong);

    expect(ask('minimum-accuracy', { challenger, policy: { minimumAccuracy } })).toMatchObject({ passed });
  });
});

describe('uplift-over-baseline', () => {
  test.each([
    // Gained, lost and tied images of 100; p = 2^-gained where nothing is lost.
    ['five of a hundred: p = 0.031', 5, 0, 0.05, 0.05, true],
    ['a gain exactly at the level', 5, 0, 0.05, 2 ** -5, true],
    ['just above the level', 5, 0, 0.05, 2 ** -5 - 1e-9, false],
    ['four of a hundred: p = 0.063', 4, 0, 0.04, 0.05, false],
    ['too small, though significant', 9, 0, 0.1, 0.05, false],
    ['as large as asked', 10, 0, 0.1, 0.05, true],
    ['large, but by chance', 20, 15, 0.05, 0.05, false],
    ['nothing at all', 0, 0, 0, 0.05, false],
    ['a loss that is allowed', 0, 5, -0.05, 0.05, true],
    ['a loss that is more than is allowed', 0, 6, -0.05, 0.05, false],
  ])('%s', (_what, gained, lost, minimumUplift, significance, passed) => {
    const tied = times('R', 100 - gained - lost);
    const row = ask('uplift-over-baseline', {
      challenger: times('R', gained) + times('w', lost) + tied,
      baseline: times('w', gained) + times('R', lost) + tied,
      policy: { minimumUplift, significance },
    });

    expect(row).toMatchObject({ passed });
  });
});

describe('no-regression', () => {
  test.each([
    ['the same answers', 0, 0, 0, 0.05, true],
    ['as many right, others', 7, 7, 0, 0.05, true],
    ['better', 5, 1, 0, 0.05, true],
    ['one image worse, with none allowed', 0, 1, 0, 0.05, false],
    ['as much worse as is allowed, perhaps by chance', 0, 4, 0.04, 0.05, true],
    ['more than is allowed, perhaps by chance', 0, 4, 0.03, 0.05, false],
    ['as much as is allowed, but no chance', 0, 5, 0.05, 0.05, false],
    ['significant exactly at the level', 0, 5, 1, 2 ** -5, false],
    ['just not significant', 0, 5, 1, 2 ** -5 - 1e-9, true],
    ['a large loss among many changes, perhaps by chance', 15, 20, 0.05, 0.05, true],
  ])('%s', (_what, gained, lost, maximumRegression, significance, passed) => {
    const tied = times('w', 100 - gained - lost);
    const row = ask('no-regression', {
      challenger: times('R', gained) + times('w', lost) + tied,
      champion: scored(times('w', gained) + times('R', lost) + tied),
      policy: { maximumRegression, significance },
    });

    expect(row).toMatchObject({ passed });
  });

  test('says what it saw and wanted', () => {
    const row = ask('no-regression', { challenger: 'RRwwR', champion: scored('wRRRR') });

    expect(row).toEqual({
      rule: 'no-regression',
      observed: `-0.200 against champion ${olderVersion} (p of a loss = 0.500)`,
      required: 'loss ≤ 0.000, not significant at 0.05',
      passed: false,
    });
  });

  const subject = { version: olderVersion, trainingJob: 'job-before' };
  test.each<[string, ChampionCase, boolean, RegExp]>([
    ['nothing is live', { standing: 'none' }, true, /^no champion$/],
    [
      'other labels',
      { standing: 'other-labels', ...subject, labels: ['pear', 'plum', 'fig', 'kiwi', 'lime'] },
      true,
      /has other labels \(\+apple, −pear, −plum, −fig, −2 more\)$/,
    ],
    [
      'no scores',
      { standing: 'not-scored', ...subject, reason: 'its archive is gone' },
      false,
      /was not scored: its archive is gone$/,
    ],
  ])('%s', (_what, champion, passed, observed) => {
    expect(ask('no-regression', { challenger: 'RRR', champion })).toMatchObject({
      passed,
      observed: expect.stringMatching(observed),
    });
  });

  test('refuses to compare other images', () => {
    expect(() => ask('no-regression', { challenger: 'RRR', champion: scored('RR') })).toThrow(
      expect.objectContaining({ name: 'IntegrityViolation' }),
    );
  });
});

describe('minimum-recall', () => {
  const of = (apples: string, pears: string, labels = ['apple', 'pear']) =>
    evaluationOf('', {
      labels,
      rows: [
        ...rowsOf(apples),
        ...rowsOf(pears).map((row) => ({
          ...row,
          id: row.id.replace('apple', 'pear'),
          truth: 'pear',
          prediction: row.prediction === 'apple' ? 'pear' : 'apple',
        })),
      ],
      // The summary is not read.
      recall: { apple: 1, pear: 1 },
    });
  test.each([
    ['the worst class at the threshold', of('RRRR', 'Rw'), 0.5, true, '0.500 (worst class: pear)'],
    ['the worst class below it', of('RRRR', 'Rwww'), 0.26, false, '0.250 (worst class: pear)'],
    ['a class that is never recognised', of('RR', 'ww'), 0, true, '0.000 (worst class: pear)'],
    ['a class without test images', of('RR', ''), 0, false, 'no test image of class pear'],
  ])('%s', (_what, challenger, minimumRecall, passed, observed) => {
    expect(ask('minimum-recall', { challenger, policy: { minimumRecall } })).toMatchObject({
      passed,
      observed,
    });
  });
});

describe('latency', () => {
  test.each([
    [99.9, true],
    [100, true],
    [100.1, false],
  ])('%f ms at the 95th percentile of at most 100: %s', (p95, passed) => {
    const challenger = evaluationOf('RRR', { latencyMs: { p50: 500, p95 } });

    expect(ask('latency', { challenger, policy: { maximumLatencyMs: 100 } })).toMatchObject({ passed });
  });
});

describe('the policy', () => {
  const whole = { minimumAccuracy: 0.5, minimumUplift: 0.1, minimumRecall: 0.2, minimumTestImages: 10 };
  test.each(Object.keys(whole))('without %s is an error that names it, never a pass', (field) => {
    const { [field as keyof typeof whole]: _, ...policy } = whole;

    expect(gatePolicySchema.safeParse(policy).error?.issues.map(({ path }) => path)).toEqual([[field]]);
  });

  test.each([
    ['minimumAccuracy', Number.NaN],
    ['minimumAccuracy', 1.01],
    ['minimumUplift', -1.01],
    ['minimumRecall', '0.5'],
    ['minimumTestImages', 0],
    ['maximumRegression', -0.01],
    ['maximumRegression', 1.01],
    ['significance', 0],
    ['significance', 0.51],
    ['maximumLatencyMs', 0],
    ['maximumRegresion', 0.1],
  ])('with %s %j is an error', (field, value) => {
    expect(gatePolicySchema.safeParse({ ...whole, [field]: value }).success).toBe(false);
  });

  test('allows no regression unless it says so', () => {
    expect(gatePolicySchema.parse(whole)).toMatchObject({ maximumRegression: 0, significance: 0.05 });
  });
});

describe('the champion', () => {
  const live = championFile(olderVersion);
  const { accuracy, interval, recall, rows, labels } = evaluation('transfer', 15);
  const scores = { trainingJob: live.trainingJob, model: 'icons', version: olderVersion };
  const withScores = evaluation('transfer', 18, 20, {
    champion: { ...scores, accuracy, interval, recall, rows },
  });
  const notScored = (changes: object) =>
    evaluation('transfer', 18, 20, {
      championNotScored: { trainingJob: live.trainingJob, reason: 'it is torn', ...changes },
    });
  const other = { ...evaluation('transfer', 15).data, testDigest: 'f'.repeat(64) };
  const offered = live.trainingJob;
  const challenger = evaluation('transfer', 18);

  test.each<[string, Partial<Parameters<typeof championCase>[0]>, object]>([
    ['is not there', { live: undefined }, { standing: 'none' }],
    ['was scored by the job', { challenger: withScores }, { standing: 'scored', rows }],
    ['has no scores', {}, { standing: 'not-scored', reason: expect.stringContaining('no scores') }],
    ['could not be scored', { challenger: notScored({}) }, { standing: 'not-scored', reason: 'it is torn' }],
    [
      'has other labels',
      { challenger: notScored({ labels: ['apple', 'pear'] }) },
      { standing: 'other-labels', labels: ['apple', 'pear'] },
    ],
    [
      'has the same labels in another order, whatever the reason says',
      { challenger: notScored({ labels: labels.toReversed() }) },
      { standing: 'not-scored' },
    ],
    [
      'went live meanwhile, on the same images',
      { offered: 'job-of-another', own: evaluation('transfer', 15) },
      { standing: 'scored', rows },
    ],
    [
      'went live meanwhile, the first of all',
      { offered: null, own: evaluation('transfer', 15) },
      { standing: 'scored', rows },
    ],
    [
      'went live meanwhile, on other images',
      { offered: null, own: evaluation('transfer', 15, 20, { data: other }) },
      { standing: 'not-scored', reason: expect.stringContaining('start the promotion again') },
    ],
    [
      'went live meanwhile, with other labels',
      { offered: null, own: evaluation('transfer', 15, 20, { labels: ['apple', 'pear'] }) },
      { standing: 'other-labels' },
    ],
    [
      'went live meanwhile, and its evaluation is gone',
      { offered: null, own: undefined },
      { standing: 'not-scored', reason: expect.stringContaining('missing') },
    ],
    [
      'is another one than the scores are of',
      { live: { ...live, trainingJob: 'newest', version: newerVersion }, challenger: withScores },
      { standing: 'not-scored', version: newerVersion },
    ],
  ])('%s', (_what, changes, expected) => {
    expect(championCase({ live, offered, challenger, own: undefined, ...changes })).toMatchObject(expected);
  });
});
