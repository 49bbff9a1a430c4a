import { describe, expect, it } from 'vitest';
import type { EvaluationRow } from '#core/contracts/evaluation.ts';
import { areaUnderRoc } from '#core/statistics.ts';
import type { InferencePool } from '#model/inference/pool.ts';
import { evaluateUnsure } from '#model/unsure/evaluate-unsure.ts';

const inside = [0.1, 0.2, 0.3, 0.6];
/** By path: what the model says. */
const outside: Record<string, number> = { '/x.png': 0.9, '/y.png': 0.4, '/z.png': 0.8, '/w.png': 0.51 };
const other = {
  ids: ['x.png', 'y.png', 'z.png', 'w.png'],
  paths: Object.keys(outside),
  digest: 'd'.repeat(64),
  size: 4,
};
const rows: EvaluationRow[] = inside.map((outOfDomain, i) => ({
  ...{ id: `a/${i}.png`, truth: 'a', prediction: 'a', confidence: 1, outOfDomain },
}));
const pool = {
  threads: 2,
  infer: async ({ image }: { image: string }) => [[Float32Array.of(1), Float32Array.of(outside[image]!)]],
} as unknown as InferencePool;
const threshold = { keep: 0.95, heldOut: 24 };

describe('evaluateUnsure', () => {
  it('measures how well images of none of the classes are told from the test images', async () => {
    const unsure = await evaluateUnsure(pool, { rows, other, ...threshold });

    expect(unsure).toMatchObject({ keep: 0.95, threshold: 0.5, heldOut: 24, falseAlarms: 1 / 4 });
    expect(unsure.other).toMatchObject({
      ...{ images: 4, digest: other.digest, caught: 3 / 4 },
      auroc: expect.closeTo(areaUnderRoc(inside, Object.values(outside)), 6),
    });
    expect(unsure.other!.rows.map(({ id }) => id)).toEqual(other.ids);
    for (const [i, row] of unsure.other!.rows.entries()) {
      expect(row.outOfDomain).toBeCloseTo(Object.values(outside)[i]!, 6);
    }
  });

  it('says nothing about other images where there are none', async () => {
    const unsure = await evaluateUnsure(pool, { rows, other: undefined, ...threshold });

    expect(unsure).toEqual({ ...threshold, threshold: 0.5, falseAlarms: 1 / 4 });
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('stop'));

    await expect(evaluateUnsure(pool, { rows, other, ...threshold }, signal)).rejects.toThrow('stop');
  });
});
