import type { Input } from '#core/contracts/common.ts';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import { misplacedFileWarnings, nearDuplicateWarnings } from '#core/data-checks.ts';
import {
  type Images,
  type LoadedDataSet,
  type LoadedImages,
  loadDataSet,
  loadImages,
} from '#model/data/data-set.ts';
import { comparable, nearDuplicates } from '#model/data/near-duplicates.ts';
import type { OptMl } from '../opt-ml.ts';
import type { JobInputs } from './read-inputs.ts';

/** A domain's images, checked. Their pixels are small; the files have the rest. */
export interface JobImages {
  train: LoadedDataSet;
  test: LoadedDataSet;
  /** Images of none of the classes; undefined where the domain has none. */
  other: LoadedImages | undefined;
  /** Files that were left out. */
  damaged: Evaluation['data']['damaged'];
  /** Frees their memory and removes their scratch files. */
  close(): void;
}

/**
 * @param input size at which the pixels are kept
 * @throws NotFoundError, InvalidInputError naming what is wrong (folder, label or files) and the remedy
 */
export async function readImages(
  { channel }: OptMl,
  { domain: { labels, recipe } }: Pick<JobInputs, 'domain'>,
  input: Input,
  signal: AbortSignal,
): Promise<JobImages> {
  const opened: Images[] = [];
  const open = <Some extends Images | undefined>(images: Some): Some => {
    if (images) opened.push(images);
    return images;
  };
  const close = () => {
    for (const images of opened) images.close();
  };
  const options = { memoryBytes: recipe.memoryMegabytes * 2 ** 20, signal };
  try {
    const train = open(await loadDataSet(channel('train'), input, { ...options, labels }));
    const test = open(await loadDataSet(channel('test'), input, { ...options, labels }));
    const other = open(await loadImages(channel('other'), input, options));
    const damagedOthers = (other?.damaged ?? []).map(({ id, reason }) => ({ id: `other/${id}`, reason }));
    return { train, test, other, damaged: [...train.damaged, ...test.damaged, ...damagedOthers], close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Findings about the images for the domain's owner, a sentence each. */
export async function imageWarnings({ train, test }: JobImages, signal: AbortSignal): Promise<string[]> {
  return [
    ...misplacedFileWarnings('train/', train.beside),
    ...misplacedFileWarnings('test/', test.beside),
    ...nearDuplicateWarnings(
      await nearDuplicates(await comparable(train, signal), await comparable(test, signal), { signal }),
    ),
  ];
}
