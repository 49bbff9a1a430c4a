import { createRandom, type Random } from '#core/random.ts';

/**
 * Which images each step of a training takes.
 *
 * @param classes class of each image
 * @param balanced draws equally many images of each class, those of a small class again and again; otherwise every image as often
 * @returns for each step the indices of its images. Every epoch (as many images as there are, less what fills no batch) has its own
 *   order
 */
export function createBatches(
  classes: Int32Array,
  batchSize: number,
  seed: number,
  balanced: boolean,
): (step: number) => Int32Array {
  const perEpoch = Math.floor(classes.length / batchSize);
  const draw = balanced ? drawBalanced(classes) : () => classes.map((_, i) => i);
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
function drawBalanced(classes: Int32Array): (random: Random) => Int32Array<ArrayBuffer> {
  const byClass = new Map<number, number[]>();
  for (const [image, label] of classes.entries()) {
    const images = byClass.get(label);
    if (images === undefined) byClass.set(label, [image]);
    else images.push(image);
  }
  return (random) => {
    const turns = random.shuffle([...byClass.values()]).map((images) => random.shuffle([...images]));
    return classes.map((_, i) => {
      const images = turns[i % turns.length]!;
      return images[Math.floor(i / turns.length) % images.length]!;
    });
  };
}
