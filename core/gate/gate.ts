import type { Decision, GateRow } from '../contracts/decision.ts';
import type { GatePolicy } from '../contracts/domain.ts';
import type { Evaluation } from '../contracts/evaluation.ts';
import { latency, minimumAccuracy, minimumRecall, testImages, uplift } from './rules.ts';

/** What the gate decides on: both evaluations are of the same test images. */
export interface GateCase {
  challenger: Evaluation;
  baseline: Evaluation;
  policy: GatePolicy;
}

/** Every rule is asked, in the order of the report; one that fails is enough to reject. */
export function decide(gateCase: GateCase): Decision {
  const rows: GateRow[] = [testImages, minimumAccuracy, uplift, minimumRecall, latency].map((rule) =>
    rule(gateCase),
  );
  return {
    schemaVersion: 1,
    decision: rows.every((row) => row.passed) ? 'PROMOTE' : 'REJECT',
    rows,
    baselineAccuracy: gateCase.baseline.accuracy,
    transferAccuracy: gateCase.challenger.accuracy,
  };
}
