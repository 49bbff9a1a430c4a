import { useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import {
  differencesOf,
  type KnownTraining,
  toleranceOf,
  trainKnown,
} from '#model/training/known-training.ts';

/** A training on WebAssembly and on another backend. An error is a result, so that the rest is measured. */
export async function compareNetwork(backend: BackendName, training: KnownTraining) {
  const { network } = training;
  try {
    await useBackend('wasm');
    const expected = await trainKnown(training);
    const allowed = await toleranceOf(training, expected);
    await useBackend(backend);
    const differences = differencesOf(await trainKnown(training), expected);
    // Not "greater": that would let NaN pass.
    const isSame = differences.loss <= allowed.loss && differences.gradients <= allowed.gradients;
    return { network, isSame, differences, allowed };
  } catch (error) {
    return { network, isSame: false, error: (error as Error).message };
  }
}
