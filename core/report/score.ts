import type { EvaluationRow } from '../contracts/evaluation.ts';
import type { Score } from '../contracts/report.ts';
import { wilsonInterval } from '../statistics.ts';

/** A model's results, counted from its rows, so that no figure of the report contradicts another one. */
export function scoreOf(labels: readonly string[], rows: readonly EvaluationRow[]): Score {
  const right = rows.filter((row) => row.prediction === row.truth).length;
  const cells = new Map<string, Map<string, number>>();
  for (const { truth, prediction } of rows) {
    const ofTruth = cells.get(truth) ?? new Map<string, number>();
    ofTruth.set(prediction, (ofTruth.get(prediction) ?? 0) + 1);
    cells.set(truth, ofTruth);
  }
  const recall: [string, number][] = [];
  for (const label of labels) {
    const ofTruth = cells.get(label);
    if (ofTruth === undefined) continue;
    const images = [...ofTruth.values()].reduce((sum, count) => sum + count, 0);
    recall.push([label, (ofTruth.get(label) ?? 0) / images]);
  }
  return {
    right,
    testImages: rows.length,
    accuracy: right / rows.length,
    interval: wilsonInterval(right, rows.length),
    recall: Object.fromEntries(recall),
    confusion: [...cells].flatMap(([truth, ofTruth]) =>
      [...ofTruth].map(([prediction, images]) => ({ truth, prediction, images })),
    ),
  };
}
