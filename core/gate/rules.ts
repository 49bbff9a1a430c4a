import type { GateRow } from '../contracts/decision.ts';
import { mcnemarExact, wilsonInterval } from '../statistics.ts';
import type { GateCase } from './gate.ts';
import { pair } from './pairing.ts';

const share = (value: number) => value.toFixed(3);

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

/** The lower bound of the 95 % Wilson interval must reach the policy: a lucky small test set does not. */
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
 * Transfer learning must beat the from-scratch baseline on the same images, by enough and not by chance. A policy with a negative
 * `minimumUplift` allows the challenger to be worse by that much, so it is not asked to prove that it is better.
 */
export function uplift({ challenger, baseline, policy }: GateCase): GateRow {
  const { images, onlyFirst, onlySecond } = pair(challenger.rows, baseline.rows);
  const gain = (onlyFirst - onlySecond) / images;
  const p = mcnemarExact(onlyFirst, onlySecond);
  const mustBeBetter = policy.minimumUplift >= 0;
  return {
    rule: 'uplift-over-baseline',
    observed: `${gain >= 0 ? '+' : ''}${share(gain)} (p ${p < 0.001 ? '< 0.001' : `= ${share(p)}`})`,
    required: `≥ ${share(policy.minimumUplift)}${mustBeBetter ? `, p ≤ ${policy.significance}` : ''}`,
    passed: gain >= policy.minimumUplift && (!mustBeBetter || p <= policy.significance),
  };
}

/** No class may be given up for the sake of the average. */
export function minimumRecall({ challenger, policy }: GateCase): GateRow {
  const [label, worst] = Object.entries(challenger.recall).reduce((low, entry) =>
    entry[1] < low[1] ? entry : low,
  );
  return {
    rule: 'minimum-recall',
    observed: `${share(worst)} (worst class: ${label})`,
    required: `≥ ${share(policy.minimumRecall)} for every class`,
    passed: worst >= policy.minimumRecall,
  };
}

/** The 95th percentile of one prediction in the container. */
export function latency({ challenger, policy }: GateCase): GateRow {
  return {
    rule: 'latency',
    observed: `${challenger.latencyMs.p95.toFixed(1)} ms`,
    required: `≤ ${policy.maximumLatencyMs} ms`,
    passed: challenger.latencyMs.p95 <= policy.maximumLatencyMs,
  };
}
