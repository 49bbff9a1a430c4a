import { createRandom, type Random } from '#core/random.ts';

export interface BatchOptions {
  batchSize: number;
  seed: number;
  /**
   * Draws equally many images of each class, those of a small class again and again. Otherwise every image is
   * drawn as often.
   */
  balanced?: boolean;
}

/**
 * Which images each step of a training takes.
 *
 * @param classIndices class of each image
 * @returns for each step the indices of its images. Every epoch (as many images as there are, less those that
 *   fill no batch) has its own order
 */
export function createBatches(
  classIndices: Int32Array,
  { batchSize, seed, balanced = false }: BatchOptions,
): (step: number) => Int32Array {
  const perEpoch = Math.floor(classIndices.length / batchSize);
  const draw = balanced ? drawBalanced(classIndices) : () => classIndices.map((_, image) => image);
  let epoch = -1;
  let order = new Int32Array();
  return (step) => {
    const wanted = Math.floor(step / perEpoch);
    if (wanted !== epoch) {
      epoch = wanted;
      const random = createRandom('order', seed, epoch);
      order = random.shuffle(draw(random));
    }
    const from = (step % perEpoch) * batchSize;
    return order.subarray(from, from + batchSize);
  };
}

/** Classes take turns, and within each its images. */
function drawBalanced(classIndices: Int32Array): (random: Random) => Int32Array<ArrayBuffer> {
  const byClass = new Map<number, number[]>();
  for (const [image, classIndex] of classIndices.entries()) {
    const images = byClass.get(classIndex);
    if (images === undefined) byClass.set(classIndex, [image]);
    else images.push(image);
  }
  return (random) => {
    const turns = random.shuffle([...byClass.values()]).map((images) => random.shuffle([...images]));
    return classIndices.map((_, i) => {
      const images = turns[i % turns.length]!;
      return images[Math.floor(i / turns.length) % images.length]!;
    });
  };
}
