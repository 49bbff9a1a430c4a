import type { CurvePoint } from './contracts/evaluation.ts';

/**
 * One point of the validation curve as a line that `MetricDefinitions` of `CreateTrainingJob` (and people)
 * can read.
 *
 * @example `graft:step=20 training_accuracy=0.8125 validation_accuracy=0.7500 validation_loss=0.6100`
 */
export function curveLine(point: CurvePoint): string {
  return [
    `graft:step=${point.step}`,
    `training_accuracy=${point.trainingAccuracy.toFixed(4)}`,
    `validation_accuracy=${point.validationAccuracy.toFixed(4)}`,
    `validation_loss=${point.validationLoss.toFixed(4)}`,
  ].join(' ');
}

const POINT =
  /graft:step=(\d+) training_accuracy=([\d.]+) validation_accuracy=([\d.]+) validation_loss=([\d.e+-]+)/;

/** The point that `curveLine` has written; undefined for any other line. */
export function curvePointIn(line: string): CurvePoint | undefined {
  const found = POINT.exec(line);
  if (found === null) return undefined;
  const [step, trainingAccuracy, validationAccuracy, validationLoss] = found.slice(1).map(Number);
  return {
    step: step!,
    trainingAccuracy: trainingAccuracy!,
    validationAccuracy: validationAccuracy!,
    validationLoss: validationLoss!,
  };
}
