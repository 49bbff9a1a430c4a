import type { CurvePoint } from '#core/contracts/evaluation.ts';

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

/** Printed once, at the end: SageMaker does not document whether it keeps a metric's last or best value. */
export function testAccuracyLine(accuracy: number): string {
  return `graft:test_accuracy=${accuracy.toFixed(4)}`;
}
