import { createRandom, type Random } from '#core/random.ts';
import type { Batch } from './batch-source.ts';
import type { TrainingPlan } from './loop.ts';

/** What makes of the class of an image a probability of each label. */
export interface TargetSettings {
  labelCount: number;
  /** Share of the probability that all labels have alike (Szegedy et al., 2016), 0…1. */
  smoothing: number;
  /** Mixup's alpha (Zhang et al., 2018), 0…1; 0 mixes nothing. */
  mixup: number;
}

/**
 * Gives batches soft targets, and mixes their images, where the plan says so: every image is blended with
 * another one of the worker's part, all with the same share of the step, and its target in the same way. The
 * image keeps at least half, so that its class stays the most probable.
 *
 * @param rank of the worker
 * @returns gives the batch for a step
 */
export function softenTargets(
  { targets: settings, seed }: Pick<TrainingPlan, 'targets' | 'seed'>,
  rank: number,
): (batch: Batch, step: number) => Batch {
  if (settings === undefined) return (batch) => batch;
  return (batch, step) => {
    // The share is the same for all workers, their partners are not.
    const share = shareOf(settings.mixup, createRandom('mixup', seed, step));
    const partners = partnersOf(batch.classIndices.length, createRandom('partners', seed, step, rank));
    const values = share < 1 ? blend(batch.values, partners, share) : batch.values;
    return { ...batch, values, targets: targetsOf(batch.classIndices, { partners, share }, settings) };
  };
}

interface Mix {
  /** Which image of the batch each one is mixed with. */
  partners: Int32Array;
  /** What an image keeps of itself, 0.5…1. */
  share: number;
}

function partnersOf(count: number, random: Random): Int32Array {
  return random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
}

/** Drawn from Beta(alpha, alpha) by Jöhnk's algorithm, which is quick for alpha ≤ 1. */
function shareOf(alpha: number, random: Random): number {
  if (alpha === 0) return 1;
  for (;;) {
    const [a, b] = [random.next() ** (1 / alpha), random.next() ** (1 / alpha)];
    if (a + b > 0 && a + b <= 1) return Math.max(a, b) / (a + b);
  }
}

function blend(values: Float32Array, partners: Int32Array, share: number): Float32Array {
  const mixed = new Float32Array(values.length);
  const size = values.length / partners.length;
  for (const [image, partner] of partners.entries()) {
    const [own, other] = [image * size, partner * size];
    for (let i = 0; i < size; i++)
      mixed[own + i] = share * values[own + i]! + (1 - share) * values[other + i]!;
  }
  return mixed;
}

function targetsOf(
  classIndices: Int32Array,
  { partners, share }: Mix,
  settings: TargetSettings,
): Float32Array {
  const { labelCount, smoothing } = settings;
  const targets = new Float32Array(classIndices.length * labelCount).fill(smoothing / labelCount);
  for (const [image, classIndex] of classIndices.entries()) {
    const row = image * labelCount;
    targets[row + classIndex]! += (1 - smoothing) * share;
    targets[row + classIndices[partners[image]!]!]! += (1 - smoothing) * (1 - share);
  }
  return targets;
}
