import { augment } from '../data/augment.ts';
import { createBatches } from '../data/batches.ts';
import { trainingInput } from '../network/input.ts';
import type { TrainingPlan } from './loop.ts';
import { softenTargets } from './targets.ts';

/** One worker's part of a step's images, each varied anew, as the network takes them. */
export interface Batch {
  /** Shape [n, height, width, 3]. They hold until the next batch is taken. */
  values: Float32Array;
  /** The class of each image. */
  classIndices: Int32Array;
  /** Probability of each label, shape [n, labelCount], where it is not all or nothing. */
  targets?: Float32Array;
}

/** Where a training loop gets its batches from. What step s gets depends on s alone. */
export interface BatchSource {
  /** @param step from 0; steps are asked for one after the other, from wherever a training begins */
  take(step: number): Promise<Batch>;
  close(): Promise<void>;
}

/** Which images a worker gets in a step, and what decides how each of them is varied. */
export interface Selection {
  /** Indices into the training images, or into all images for a validation. */
  images: Int32Array;
  /** The image without a seed stays as it is. */
  seeds: (string | undefined)[];
  classIndices: Int32Array;
}

/** @param rank of the worker, 0…workers − 1 */
export function createSelection(plan: TrainingPlan, rank: number): (step: number) => Selection {
  const share = plan.batchSize / plan.workers;
  const batches = createBatches(plan.classIndices, plan);
  const { unvariedSteps = 0 } = plan;
  return (step) => {
    const images = batches(step).slice(rank * share, (rank + 1) * share);
    return {
      images,
      seeds: Array.from(images, (image) =>
        step < unvariedSteps ? undefined : `${plan.seed} ${step} ${image}`,
      ),
      classIndices: images.map((image) => plan.classIndices[image]!),
    };
  };
}

/**
 * Batches that are made when they are asked for, by the thread that asks.
 *
 * @param gather gives the pixels of training images, at the network's size
 */
export function batchesFromPixels(
  plan: TrainingPlan,
  rank: number,
  gather: (images: ArrayLike<number>) => Uint8Array,
): BatchSource {
  const select = createSelection(plan, rank);
  const input = trainingInput(plan.input);
  const soften = softenTargets(plan, rank);
  return {
    async take(step) {
      const { images, seeds, classIndices } = select(step);
      const values = augment({ pixels: gather(images), seeds }, input, plan.augmentation);
      return soften({ values, classIndices }, step);
    },
    async close() {},
  };
}
