import type { Decision, GateRow } from '../contracts/decision.ts';
import type { GatePolicy } from '../contracts/domain.ts';
import type { Evaluation, EvaluationRow } from '../contracts/evaluation.ts';
import type { ChampionCase } from './champion.ts';
import { latency, minimumAccuracy, minimumRecall, noRegression, testImages, uplift } from './rules.ts';

/** What the gate decides on: all evaluations are of the same test images. */
export interface GateCase {
  challenger: Evaluation;
  baseline: Evaluation;
  /** Required, so that a call cannot leave it out by mistake. */
  champion: ChampionCase;
  policy: GatePolicy;
}

/** Applies every rule, in the order of the report; one that fails is enough to reject. */
export function decide(gateCase: GateCase): Decision {
  const rules = [testImages, minimumAccuracy, uplift, noRegression, minimumRecall, latency];
  const rows: GateRow[] = rules.map((rule) => rule(gateCase));
  const { champion } = gateCase;
  return {
    schemaVersion: 1,
    decision: rows.every((row) => row.passed) ? 'PROMOTE' : 'REJECT',
    rows,
    baselineAccuracy: gateCase.baseline.accuracy,
    transferAccuracy: gateCase.challenger.accuracy,
    ...(champion.standing === 'scored' ? { championAccuracy: accuracyOf(champion.rows) } : {}),
  };
}

const accuracyOf = (rows: readonly EvaluationRow[]) =>
  rows.filter((row) => row.prediction === row.truth).length / rows.length;
