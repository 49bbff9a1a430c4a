import { createRandom } from '#core/random.ts';
import { type DataSet, requireImagesPerClass } from './data-set.ts';

/** Indices into a data set. */
export interface Split {
  training: Int32Array;
  validation: Int32Array;
}

/**
 * Holds out a share of each class: at least one of its images to validate, at least one to train. Indices ascend.
 *
 * @throws InvalidInputError naming a class with a single image
 */
export function splitByClass(data: DataSet, validationShare: number, seed: number): Split {
  requireImagesPerClass(data, 2, 'the training images');
  const byClass: number[][] = data.labels.map(() => []);
  for (let i = 0; i < data.size; i++) byClass[data.classes[i]!]!.push(i);
  const held = new Set<number>();
  for (const [index, images] of byClass.entries()) {
    const count = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationShare)));
    const shuffled = createRandom('split', seed, data.labels[index]!).shuffle([...images]);
    for (const image of shuffled.slice(0, count)) held.add(image);
  }
  const all = Int32Array.from({ length: data.size }, (_, i) => i);
  return { training: all.filter((i) => !held.has(i)), validation: all.filter((i) => held.has(i)) };
}
