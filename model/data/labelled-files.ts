import { createRandom } from '#core/random.ts';
import type { LoadedDataSet } from './data-set.ts';

/** Labelled images as files, which are decoded when they are needed. */
export type LabelledFiles = Pick<LoadedDataSet, 'ids' | 'paths' | 'labels' | 'classIndices' | 'size'>;

/**
 * Some of the images: of each class the same share, at least one where it has any. In the order of all.
 *
 * @param count number of images, about
 */
export function sampleByClass(files: LabelledFiles, count: number, seed: number): LabelledFiles {
  if (files.size <= count) return files;
  const byClass: number[][] = files.labels.map(() => []);
  for (const [image, classIndex] of files.classIndices.entries()) byClass[classIndex]!.push(image);
  const share = count / files.size;
  const taken = byClass.flatMap((images, label) => {
    const shuffled = createRandom('sample', seed, files.labels[label]!).shuffle(images);
    return shuffled.slice(0, Math.max(1, Math.round(share * images.length)));
  });
  const images = Int32Array.from(taken).sort();
  return {
    labels: files.labels,
    size: images.length,
    ids: Array.from(images, (image) => files.ids[image]!),
    paths: Array.from(images, (image) => files.paths[image]!),
    classIndices: images.map((image) => files.classIndices[image]!),
  };
}
