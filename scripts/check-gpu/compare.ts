import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { differencesOf, trainKnown } from '#model/training/known-training.ts';
import type { Comparison } from './plan.ts';

/** A training on WebAssembly and on another backend. An error is a result, so that the rest is measured. */
export async function compareNetwork(backend: BackendName, { most, ...training }: Comparison) {
  const { network } = training;
  try {
    await useBackend('wasm');
    const expected = await trainKnown(training);
    await useBackend(backend);
    const differences = differencesOf(await trainKnown(training), expected);
    // Not "greater": that would let NaN pass.
    const isSame = differences.loss <= most.loss && differences.gradients <= most.gradients;
    return { network, isSame, differences, most };
  } catch (error) {
    return { network, isSame: false, error: (error as Error).message };
  }
}
