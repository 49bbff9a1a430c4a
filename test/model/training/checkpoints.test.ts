import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipeSchema } from '#core/contracts/domain.ts';
import { sha256 } from '#core/digest.ts';
import { type DataSet, loadDataSet } from '#model/data/data-set.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { type Checkpoint, type Checkpoints, fileCheckpoints } from '#model/training/checkpoints.ts';
import { makeImageFolder } from '../../fixtures/images.ts';

const labels = ['red discs', 'green squares'];

let folder: string;
let train: DataSet;
beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'graft-checkpoints-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 5, seed: 1 });
  train = await loadDataSet(join(folder, 'train'), networkInput(8), { labels });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A hundred steps to a checkpoint, so two in each of the two trainings. */
const trainWith = (checkpoints?: Checkpoints, signal?: AbortSignal) =>
  trainBaseline(
    { train, checkpoints, recipe: recipeSchema.parse({ augmentation: 4, baselineSteps: 300 }) },
    signal === undefined ? {} : { signal },
  );
type Trained = Awaited<ReturnType<typeof trainBaseline>>;
const weightsOf = ({ model }: Trained) => model.getWeights().map((weight) => weight.arraySync());
const figures = ({ curve, bestStep, steps }: Trained) => ({ curve, bestStep, steps });

describe('a baseline with checkpoints', () => {
  it('comes to the same weights and curve from wherever it goes on', async () => {
    const tensors = tf.memory().numTensors;
    const kept: Checkpoint[] = [];
    const whole = await trainWith({
      find: async () => undefined,
      keep: async (checkpoint) => void kept.push(structuredClone(checkpoint)),
    });

    expect(kept.map(({ progress }) => [progress.phase, progress.step])).toEqual([
      ...[100, 200].map((step) => ['search', step]),
      ...[100, 200].map((step) => ['final', step]),
    ]);
    for (const checkpoint of kept.filter(({ progress }) => progress.step === 200)) {
      const rest = await trainWith({ find: async () => checkpoint, keep: async () => {} });
      expect(figures(rest)).toEqual(figures(whole));
      expect(weightsOf(rest)).toEqual(weightsOf(whole));
      rest.model.dispose();
    }
    whole.model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('keeps where it is when it is told to stop, between two points of the curve too', async () => {
    const checkpoints = fileCheckpoints(folder, sha256('a'), () => {});
    const stop = new AbortController();
    const stopped = trainWith(
      {
        find: checkpoints.find,
        async keep(checkpoint) {
          stop.abort(new Error('asked to stop'));
          await checkpoints.keep(checkpoint);
        },
      },
      stop.signal,
    );
    await expect(stopped).rejects.toThrow('asked to stop');
    const whole = await trainWith();

    const rest = await trainWith(checkpoints);

    expect(weightsOf(rest)).toEqual(weightsOf(whole));
    for (const { model } of [rest, whole]) model.dispose();
  });
});

describe('a checkpoint’s file', () => {
  const checkpoint: Checkpoint = {
    progress: { phase: 'final', step: 7, seen: 3, right: 1, curve: [] },
    values: Float32Array.from([1.5, -2.25e-20, Number.MAX_VALUE]),
  };

  it('brings back what was kept last', async () => {
    const checkpoints = fileCheckpoints(folder, sha256('b'), () => {});
    await checkpoints.keep({ ...checkpoint, values: new Float32Array(1) });
    await checkpoints.keep(checkpoint);

    expect(await checkpoints.find()).toEqual(checkpoint);
  });

  it('is of no use to another training, which hears why', async () => {
    const reasons: string[] = [];
    await fileCheckpoints(folder, sha256('b'), () => {}).keep(checkpoint);

    expect(
      await fileCheckpoints(folder, sha256('c'), (reason) => reasons.push(reason)).find(),
    ).toBeUndefined();
    expect(reasons).toEqual(['it is of other images, another recipe or another model']);
  });

  it('need not be there', async () => {
    const elsewhere = fileCheckpoints(join(folder, 'nowhere'), sha256('b'), () => {});
    expect(await elsewhere.find()).toBeUndefined();
  });
});
