import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';
import { createFeatureRows } from '#model/transfer/feature-rows.ts';
import { createHeadObjective, type HeadObjective, type HeadTask } from '#model/transfer/head-objective.ts';
import { unstandardise } from '#model/transfer/head-weights.ts';
import { openProducts, type Products } from '#model/transfer/products.ts';
import { LABELS, makeHeadTask, ROWS, WIDTH } from './head-task.ts';

let products: Products;
beforeAll(async () => {
  products = await openProducts(1);
});
afterAll(() => products.close());

function make(changes: Partial<HeadTask> = {}) {
  const task = makeHeadTask(products, changes);
  return { task, objective: createHeadObjective(task) };
}

const randomPoints = (objective: HeadObjective) =>
  objective.zeros().map((point, head) => {
    const random = createRandom('point', head);
    return point.map(() => random.normal() / 2);
  });

describe('createHeadObjective', () => {
  it('has the gradient that differences of its value show', async () => {
    const { objective } = make();
    const points = randomPoints(objective);
    const { measured } = await objective.evaluate(points, 0.3);
    const gradients = measured.map(({ gradient }) => gradient.slice());

    for (const [head, point] of points.entries()) {
      for (const at of [0, 4, 7, point.length - 2]) {
        const valueAt = async (shift: number) => {
          const moved = points.map((other) => other.slice());
          moved[head]![at]! += shift;
          return (await objective.evaluate(moved, 0.3)).measured[head]!.value;
        };
        const slope = ((await valueAt(0.01)) - (await valueAt(-0.01))) / 0.02;
        // A feature is wider than 1 where there are few: see `standardise`.
        expect(Math.abs(gradients[head]![at]! - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('trains a head as if the rows that it holds out were not there', async () => {
    const { task, objective } = make();
    const points = randomPoints(objective);
    const others = Int32Array.from({ length: ROWS }, (_, row) => row).filter(
      (row) => task.heldOutBy[row] !== 0,
    );
    const features = createFeatureRows(others.length, WIDTH, 1e6);
    for (const [i, row] of others.entries()) features.write(task.features.read(row, row + 1), i);

    const alone = createHeadObjective({
      ...task,
      ...{ features, heads: 1, classIndices: others.map((row) => task.classIndices[row]!) },
      heldOutBy: new Int8Array(others.length).fill(-1),
    });

    const [first] = (await objective.evaluate(points, 0.1)).measured;
    const [reference] = (await alone.evaluate([points[0]!], 0.1)).measured;
    expect(first!.value).toBeCloseTo(reference!.value, 4);
    for (const [i, x] of first!.gradient.entries()) expect(x).toBeCloseTo(reference!.gradient[i]!, 4);
  });

  it('scores held-out rows by the head that has not seen them', async () => {
    const { task, objective } = make();
    const points = randomPoints(objective);

    const { scores } = await objective.evaluate(points, 0);
    const held = await objective.heldOut(points);

    const rows = Array.from(task.heldOutBy.keys()).filter((row) => task.heldOutBy[row]! >= 0);
    expect([...held.rows]).toEqual(rows);
    expect([...held.classIndices]).toEqual(rows.map((row) => task.classIndices[row]));
    let right = 0;
    for (const [i, row] of rows.entries()) {
      const { kernel, bias } = unstandardise(points[task.heldOutBy[row]!]!, task.scaling, LABELS);
      const x = task.features.read(row, row + 1);
      const logits = Array.from(bias, (b, label) => {
        return x.reduce((sum, value, k) => sum + value * kernel[k * LABELS + label]!, b);
      });
      for (const [label, logit] of logits.entries()) {
        expect(held.logits[i * LABELS + label]).toBeCloseTo(logit, 3);
      }
      if (logits.indexOf(Math.max(...logits)) === task.classIndices[row]) right++;
    }
    expect(scores.validationAccuracy).toBeCloseTo(right / rows.length);
  });

  it('gives the same answers for features on disk', async () => {
    const { task, objective } = make();
    const onDisk = createFeatureRows(ROWS, WIDTH, 0);
    onDisk.write(task.features.read(0, ROWS), 0);
    const points = randomPoints(objective);

    const { objective: frugal } = make({ features: onDisk });

    expect(await frugal.evaluate(points, 0.1)).toEqual(await objective.evaluate(points, 0.1));
    onDisk.close();
  });
});
