import type { GateRow } from '../contracts/decision.ts';
import type { Evaluation } from '../contracts/evaluation.ts';
import { mcnemarExact, wilsonInterval } from '../statistics.ts';
import type { GateCase } from './gate.ts';
import { pair } from './pairing.ts';

const share = (value: number) => value.toFixed(3);
/** Adding zero turns a negative zero into a positive one. */
const signed = (value: number) => `${value >= 0 ? '+' : ''}${share(value + 0)}`;
const probability = (p: number) => (p < 0.001 ? '< 0.001' : `= ${share(p)}`);

/** Too few test images prove nothing, whatever the accuracy on them. */
export function testImages({ challenger, policy }: GateCase): GateRow {
  const observed = challenger.rows.length;
  return {
    rule: 'test-images',
    observed: String(observed),
    required: `≥ ${policy.minimumTestImages}`,
    passed: observed >= policy.minimumTestImages,
  };
}

/**
 * The lower bound of the 95 % Wilson interval must reach the gate policy: luck on a small test set is not
 * enough.
 */
export function minimumAccuracy({ challenger, policy }: GateCase): GateRow {
  const right = challenger.rows.filter((row) => row.prediction === row.truth).length;
  const { lower } = wilsonInterval(right, challenger.rows.length);
  return {
    rule: 'minimum-accuracy',
    observed: `${share(right / challenger.rows.length)} (at least ${share(lower)} with 95 % confidence)`,
    required: `lower bound ≥ ${share(policy.minimumAccuracy)}`,
    passed: lower >= policy.minimumAccuracy,
  };
}

/**
 * Transfer must beat the baseline on the same images, by enough and significantly. With a negative
 * `minimumUplift` the challenger may be worse by that much, so significance is not required.
 */
export function uplift({ challenger, baseline, policy }: GateCase): GateRow {
  const { images, onlyFirst, onlySecond } = pair(challenger.rows, baseline.rows);
  const gain = (onlyFirst - onlySecond) / images;
  const p = mcnemarExact(onlyFirst, onlySecond);
  const mustBeBetter = policy.minimumUplift >= 0;
  return {
    rule: 'uplift-over-baseline',
    observed: `${signed(gain)} (p ${probability(p)})`,
    required: `≥ ${share(policy.minimumUplift)}${mustBeBetter ? `, p ≤ ${policy.significance}` : ''}`,
    passed: gain >= policy.minimumUplift && (!mustBeBetter || p <= policy.significance),
  };
}

/**
 * The challenger must not be worse than the champion on the same images. Two conditions must hold: the loss
 * of accuracy is at most `maximumRegression` (0 unless the gate policy says more), and it is not significant
 * at `significance` by the one-sided exact McNemar test. The first catches a loss that a small test set
 * cannot prove, the second a loss of an allowed size that is more than chance.
 */
export function noRegression({ challenger, champion, policy }: GateCase): GateRow {
  const row = (observed: string, passed: boolean): GateRow => ({
    rule: 'no-regression',
    observed,
    required: `loss ≤ ${share(policy.maximumRegression)}, not significant at ${policy.significance}`,
    passed,
  });
  switch (champion.standing) {
    case 'none':
      return row('no champion', true);
    case 'other-labels':
      return row(`champion ${champion.version} has other labels (${difference(champion, challenger)})`, true);
    case 'not-scored':
      return row(`champion ${champion.version} was not scored: ${champion.reason}`, false);
    case 'scored': {
      const { images, onlyFirst, onlySecond } = pair(challenger.rows, champion.rows);
      const loss = (onlySecond - onlyFirst) / images;
      const p = mcnemarExact(onlySecond, onlyFirst);
      return row(
        `${signed(-loss)} against champion ${champion.version} (p of a loss ${probability(p)})`,
        loss <= policy.maximumRegression && p > policy.significance,
      );
    }
  }
}

/** Names at most three labels of each kind. */
function difference({ labels }: { labels: readonly string[] }, challenger: Evaluation): string {
  const list = (all: readonly string[], known: readonly string[], sign: string) => {
    const names = all.filter((label) => !known.includes(label)).map((label) => `${sign}${label}`);
    return names.length > 3 ? [...names.slice(0, 3), `${sign}${names.length - 3} more`] : names;
  };
  return [...list(challenger.labels, labels, '+'), ...list(labels, challenger.labels, '−')].join(', ');
}

/**
 * No class may lose its recall for the sake of the average. Counted from the rows; a class without test
 * images fails.
 */
export function minimumRecall({ challenger, policy }: GateCase): GateRow {
  const counts = new Map(challenger.labels.map((label) => [label, { right: 0, images: 0 }]));
  for (const { truth, prediction } of challenger.rows) {
    const count = counts.get(truth);
    if (count === undefined) continue;
    count.images++;
    if (prediction === truth) count.right++;
  }
  let worst = { label: '', recall: Number.POSITIVE_INFINITY };
  for (const [label, { right, images }] of counts) {
    const recall = images === 0 ? -1 : right / images;
    if (recall < worst.recall) worst = { label, recall };
  }
  return {
    rule: 'minimum-recall',
    observed:
      worst.recall < 0
        ? `no test image of class ${worst.label}`
        : `${share(worst.recall)} (worst class: ${worst.label})`,
    required: `≥ ${share(policy.minimumRecall)} for every class`,
    passed: worst.recall >= policy.minimumRecall,
  };
}

/**
 * The 95th percentile (nearest rank) of the time from request to answer; see
 * `container/train/served-latency.ts`.
 */
export function latency({ challenger, policy }: GateCase): GateRow {
  return {
    rule: 'latency',
    observed: `${challenger.latencyMs.p95.toFixed(1)} ms`,
    required: `≤ ${policy.maximumLatencyMs} ms`,
    passed: challenger.latencyMs.p95 <= policy.maximumLatencyMs,
  };
}
