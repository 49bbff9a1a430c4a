import { beforeAll, expect, it } from 'vitest';
import { buildNetwork } from '#model/network/build-network.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { Batch, BatchSource } from '#model/training/batch-source.ts';
import { runTrainingLoop, type TrainingPlan } from '#model/training/loop.ts';
import { backendUnderTest } from '../backend-under-test.ts';

const input = networkInput(8);
const values = () => Float32Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => Math.sin(i));
const classIndices = Int32Array.of(0, 1, 0, 1);
const plan: TrainingPlan = {
  ...{
    input,
    classIndices,
    batchSize: 4,
    steps: 20,
    learningRate: 0.01,
    seed: 1,
    deadline: null,
    workers: 1,
  },
};

const source = (batch: Batch): BatchSource => ({ take: async () => batch, close: async () => {} });

/** Measures after every third step, with wrong labels: the more is learnt, the worse the result is. */
const hopeless = {
  ...{ every: 3, batches: 1, input, labelCount: 2 },
  open: () => source({ values: values(), classIndices: classIndices.map((index) => 1 - index) }),
};

beforeAll(() => useBackend(backendUnderTest));

it.each([
  [{}, 20],
  // The first measurement is the best: the next two are without progress.
  [{ patience: 2 }, 9],
  [{ patience: 7 }, 20],
])('ends after so many measurements without progress: %o', async (settings, steps) => {
  const model = buildNetwork({ input, labelCount: 2, filters: [4], seed: 1 });
  const reports: number[] = [];
  const outcome = await runTrainingLoop(
    model,
    { ...plan, ...settings },
    {
      ...{ rank: 0, batches: source({ values: values(), classIndices }), validation: hopeless },
      onStep: ({ step, steps }) => void reports.push(step === steps ? step : 0),
    },
  );
  expect(outcome).toMatchObject({ steps, isStopped: false });
  expect(outcome.validated!.validationLoss).toBeGreaterThan(Math.log(2));
  expect(reports.at(-1)).toBe(steps);
  model.dispose();
});

it('leaves the mean of the weights in the network, and trains with the weights themselves', async () => {
  const trained = async (averaging?: number, validation?: typeof hopeless) => {
    const model = buildNetwork({ input, labelCount: 2, filters: [4], seed: 1 });
    const optimiser = { name: 'adam' as const, ...(averaging === undefined ? {} : { averaging }) };
    const losses: number[] = [];
    await runTrainingLoop(
      model,
      { ...plan, optimiser },
      {
        ...{ rank: 0, batches: source({ values: values(), classIndices }), validation },
        onStep: ({ loss }) => void losses.push(loss),
      },
    );
    const weights = [...model.getWeights()[0]!.dataSync()];
    model.dispose();
    return { losses, weights };
  };
  const plain = await trained();
  const averaged = await trained(0.9, hopeless);
  // Measuring in between puts the mean into the network, and training goes on as without.
  expect(averaged.losses).toEqual(plain.losses);
  expect(averaged.weights).not.toEqual(plain.weights);
});
