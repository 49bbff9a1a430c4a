import { describe, expect, it } from 'vitest';
import { curveLine, curvePointIn } from '#core/training-lines.ts';
import { testAccuracyLine } from '../../../container/train/metrics.ts';

describe('metric lines', () => {
  it('can be read by the regular expressions of MetricDefinitions', () => {
    const line = curveLine({
      step: 20,
      trainingAccuracy: 0.8125,
      validationAccuracy: 0.75,
      validationLoss: 0.61,
    });

    expect(line).toBe(
      'graft:step=20 training_accuracy=0.8125 validation_accuracy=0.7500 validation_loss=0.6100',
    );
    expect(curvePointIn(`{"level":30} ${line}`)).toMatchObject({ step: 20, validationLoss: 0.61 });
    expect(curvePointIn(testAccuracyLine(0.7125))).toBeUndefined();
    expect(testAccuracyLine(0.7125)).toBe('graft:test_accuracy=0.7125');
  });
});
