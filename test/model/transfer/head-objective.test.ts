import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { createFeatureRows } from '#model/transfer/feature-rows.ts';
import { createHeadObjective, type HeadObjective, type HeadTask } from '#model/transfer/head-objective.ts';
import { backendUnderTest } from '../backend-under-test.ts';
import { LABELS, makeHeadTask, ROWS, WIDTH } from './head-task.ts';

beforeAll(() => useBackend(backendUnderTest).then(() => {}));
let open: HeadObjective[] = [];
afterEach(() => {
  for (const objective of open) objective.dispose();
  open = [];
});

function make(changes: Partial<HeadTask> = {}) {
  const task = makeHeadTask(changes);
  const objective = createHeadObjective(task);
  open.push(objective);
  return { task, objective };
}

const randomPoints = (objective: HeadObjective) =>
  objective.zeros().map((point, head) => {
    const random = createRandom('point', head);
    return point.map(() => random.normal() / 2);
  });

describe('createHeadObjective', () => {
  it('has the gradient that differences of its value show', () => {
    const { objective } = make();
    const points = randomPoints(objective);
    const gradients = objective.evaluate(points, 0.3).measured.map(({ gradient }) => gradient.slice());

    for (const [head, point] of points.entries()) {
      for (const at of [0, 4, 7, point.length - 2]) {
        const valueAt = (shift: number) => {
          const moved = points.map((other) => other.slice());
          moved[head]![at]! += shift;
          return objective.evaluate(moved, 0.3).measured[head]!.value;
        };
        const slope = (valueAt(0.01) - valueAt(-0.01)) / 0.02;
        expect(gradients[head]![at]).toBeCloseTo(slope, 3);
      }
    }
  });

  it('trains a head as if the rows that it holds out were not there', () => {
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
    open.push(alone);

    const [first] = objective.evaluate(points, 0.1).measured;
    const [reference] = alone.evaluate([points[0]!], 0.1).measured;
    expect(first!.value).toBeCloseTo(reference!.value, 5);
    for (const [i, x] of first!.gradient.entries()) expect(x).toBeCloseTo(reference!.gradient[i]!, 5);
  });

  it('scores held-out rows by the head that has not seen them', () => {
    const { task, objective } = make();
    const points = randomPoints(objective);

    const { scores } = objective.evaluate(points, 0);
    const held = objective.heldOut(points);

    const rows = Array.from(task.heldOutBy.keys()).filter((row) => task.heldOutBy[row]! >= 0);
    expect([...held.classIndices]).toEqual(rows.map((row) => task.classIndices[row]));
    let right = 0;
    for (const [i, row] of rows.entries()) {
      const { kernel, bias } = objective.weights(task.heldOutBy[row]!, points[task.heldOutBy[row]!]!);
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

  it('gives the same answers when nothing may stay in memory', () => {
    const { objective } = make();
    const { objective: frugal } = make({ memoryBytes: 0 });
    const points = randomPoints(objective);

    expect(frugal.evaluate(points, 0.1)).toEqual(objective.evaluate(points, 0.1));
  });

  it('leaves no tensors behind', () => {
    const tensors = tf.memory().numTensors;
    const { objective } = make();

    objective.evaluate(objective.zeros(), 1);
    objective.heldOut(objective.zeros());
    objective.dispose();

    expect(tf.memory().numTensors).toBe(tensors);
  });
});
