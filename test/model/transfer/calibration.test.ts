import { describe, expect, it } from 'vitest';
import { expectedCalibrationError } from '#core/calibration.ts';
import { createRandom } from '#core/random.ts';
import {
  calibratedLoss,
  calibrationTally,
  confidencesOf,
  fitTemperature,
  standardErrorOfLoss,
} from '#model/transfer/calibration.ts';
import type { HeldOut, HeldOutRows } from '#model/transfer/head-objective.ts';
import { divideByTemperature } from '#model/transfer/head-weights.ts';

const softmax = (logits: readonly number[]) => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
};

/** Classes are drawn with the probabilities of `logits`, which are then given `factor` times as large. */
function heldOut(factor: number): HeldOut {
  const random = createRandom('calibration');
  const rows = Array.from({ length: 4_000 }, () => [0, 1, 2].map(() => 1.5 * random.normal()));
  const classIndices = Int32Array.from(rows, (logits) => {
    const shares = softmax(logits);
    const drawn = random.next();
    return drawn < shares[0]! ? 0 : drawn < shares[0]! + shares[1]! ? 1 : 2;
  });
  return { logits: Float32Array.from(rows.flat(), (logit) => factor * logit), classIndices };
}

describe('fitTemperature', () => {
  it.each([0.2, 1, 5])('finds by how much logits are too large: %f times', (factor) => {
    const held = heldOut(factor);

    const temperature = fitTemperature(held, 4_000);

    expect(temperature / factor).toBeGreaterThan(0.93);
    expect(temperature / factor).toBeLessThan(1.07);
    expect(calibratedLoss(held, temperature)).toBeLessThanOrEqual(calibratedLoss(held, temperature * 1.05));
    expect(calibratedLoss(held, temperature)).toBeLessThanOrEqual(calibratedLoss(held, temperature / 1.05));
  });

  it('is not made certain by a few images that were all recognised', () => {
    const held: HeldOut = { logits: Float32Array.of(3, 0, 0, 3, 3, 0), classIndices: Int32Array.of(0, 1, 0) };

    const [few, many] = [3, 3_000].map((images) => {
      return confidencesOf(held, fitTemperature(held, images))[0]!.confidence;
    });

    expect(few).toBeCloseTo(0.9, 2);
    expect(many).toBeGreaterThan(0.999);
  });

  it('makes confidences mean what they say', () => {
    const held = heldOut(5);

    const before = expectedCalibrationError(confidencesOf(held, 1));
    const after = expectedCalibrationError(confidencesOf(held, fitTemperature(held, 4_000)));

    expect(before).toBeGreaterThan(0.1);
    expect(after).toBeLessThan(0.03);
  });
});

describe('divideByTemperature', () => {
  it('gives the probabilities at that temperature', () => {
    const head = divideByTemperature({ kernel: Float32Array.of(2, -4), bias: Float32Array.of(1, 3) }, 2);

    expect(head).toEqual({ kernel: Float32Array.of(1, -2), bias: Float32Array.of(0.5, 1.5) });
  });
});

describe('calibrationTally', () => {
  it('knows from calibrated answers what they would have been without', () => {
    const temperature = 2.5;
    const rows = [
      [3, 1, 0],
      [0, 0.5, 0.2],
    ];
    const classIndices = Int32Array.of(0, 2);
    const fitted = { temperature, validation: { before: 0.3, after: 0.1 } };
    const tally = calibrationTally(fitted, classIndices);

    for (const [image, logits] of rows.entries()) {
      tally.note(image, Float32Array.from(softmax(logits.map((logit) => logit / temperature))));
    }

    const { calibration } = tally.calibration();
    const errorAt = (t: number) => {
      const held = { logits: Float32Array.from(rows.flat()), classIndices };
      return expectedCalibrationError(confidencesOf(held, t));
    };
    expect(calibration).toMatchObject(fitted);
    expect(calibration!.test.before).toBeCloseTo(errorAt(1), 5);
    expect(calibration!.test.after).toBeCloseTo(errorAt(temperature), 5);
  });

  it('has nothing to say about a model that was not calibrated', () => {
    const tally = calibrationTally(undefined, Int32Array.of(0));
    tally.note(0, Float32Array.of(0.5, 0.5));

    expect(tally.calibration()).toEqual({});
  });
});

describe('standardErrorOfLoss', () => {
  it('counts images, not their variants', () => {
    // Losses of log 2 and log 4 in turn, by images.
    const row = (loss: number) => [0, Math.log(Math.exp(loss) - 1)];
    const losses = [Math.log(2), Math.log(4)];
    const held = (variants: number): HeldOutRows => ({
      logits: Float32Array.from(
        losses.flatMap((loss) => Array.from({ length: variants }, () => row(loss)).flat()),
      ),
      classIndices: new Int32Array(2 * variants),
      // Only the first `variants` of each image's ten are held out.
      rows: Int32Array.from({ length: 2 * variants }, (_, i) => (i < variants ? i : 10 + i - variants)),
    });

    // The standard deviation of two values is their distance over √2, and of their mean that over √2 again.
    for (const variants of [1, 5]) {
      expect(standardErrorOfLoss(held(variants), 1, 10)).toBeCloseTo(Math.log(2) / 2, 5);
    }
  });
});
