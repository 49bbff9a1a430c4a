import { expect, it } from 'vitest';
import { softenTargets, type TargetSettings } from '#model/training/targets.ts';

const classIndices = Int32Array.of(0, 1, 2, 1);
/** Two values an image, each image its own. */
const batch = () => ({ values: Float32Array.of(10, 10, 20, 20, 30, 30, 40, 40), classIndices });

const soften = (targets: Partial<TargetSettings>, step = 0, rank = 0) =>
  softenTargets({ targets: { labelCount: 3, smoothing: 0, mixup: 0, ...targets }, seed: 1 }, rank)(
    batch(),
    step,
  );

const rowsOf = (values: Float32Array, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);

it('without settings a batch stays as it is', () => {
  const own = batch();
  expect(softenTargets({ seed: 1 }, 0)(own, 0)).toBe(own);
});

it('smoothing gives every label its part of the share, and the class the rest', () => {
  const { values, targets } = soften({ smoothing: 0.3 });
  expect(values).toEqual(batch().values);
  expect(rowsOf(targets!, 3)[1]).toEqual([0.1, 0.8, 0.1].map((value) => expect.closeTo(value)));
});

it('mixup blends images and targets alike, and every class stays the most probable', () => {
  let mixed = 0;
  for (let step = 0; step < 20; step++) {
    const { values, targets } = soften({ mixup: 1, smoothing: 0.1 }, step);
    const rows = rowsOf(targets!, 3);
    for (const [image, row] of rows.entries()) {
      expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1);
      expect(Math.max(...row)).toBe(row[classIndices[image]!]);
    }
    // What image 0 keeps of itself follows from its target where its partner is of another class.
    const [toFirst] = rows[0]!;
    const share = (toFirst! - 0.1 / 3) / 0.9;
    if (share > 0.999) continue;
    mixed++;
    const partner = rows[0]![1]! > 0.04 ? [20, 40] : [30];
    const expected = partner.map((value) => share * 10 + (1 - share) * value);
    expect(expected.some((value) => Math.abs(value - values[0]!) < 1e-3)).toBe(true);
  }
  expect(mixed).toBeGreaterThan(5);
});

it('the step decides what is mixed, and each worker has partners of its own', () => {
  expect(soften({ mixup: 0.5 }, 3)).toEqual(soften({ mixup: 0.5 }, 3));
  expect(soften({ mixup: 0.5 }, 3).values).not.toEqual(soften({ mixup: 0.5 }, 4).values);
  const ranks = [0, 1, 2, 3].map((rank) => JSON.stringify([...soften({ mixup: 0.5 }, 3, rank).values]));
  expect(new Set(ranks).size).toBeGreaterThan(1);
});
