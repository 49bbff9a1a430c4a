import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Domain } from '#core/contracts/domain.ts';
import {
  balanceWarnings,
  duplicateFindings,
  misplacedFileWarnings,
  type NamedImage,
  nearDuplicateWarnings,
  type Part,
  type Split,
  sameContent,
  testSetProblems,
} from '#core/data-checks.ts';
import { InvalidInputError } from '#core/errors.ts';
import { requestSizeFindings } from '#core/golden-images.ts';
import { isLitter } from '#core/image-files.ts';
import { maximumBodyBytes } from '#core/prediction-requests.ts';
import { type LoadedDataSet, type LoadedImages, loadDataSet, loadImages } from '#model/data/data-set.ts';
import { nearDuplicates, THUMBNAIL } from '#model/data/near-duplicates.ts';

/** A readable image of a domain; digest and size are of the bytes that were checked. */
export interface DomainImage extends NamedImage {
  path: string;
  sha256: string;
  size: number;
}

/**
 * Reads and checks all images of a domain the way the training job will: folders against labels, a training
 * and a test image of every class, enough test images for the gate, and no image in two of the folders.
 * `other/` need not be there. It returns warnings about what may be intended: classes out of balance,
 * duplicates, images that look the same.
 *
 * @throws GraftError naming the folder, class or images that are wrong
 */
export async function checkDomainImages(
  folder: string,
  domain: Domain,
  options: { signal: AbortSignal; onProgress: (part: Part, done: number, total: number) => void },
): Promise<{ images: DomainImage[]; damaged: { id: string; reason: string }[]; warnings: string[] }> {
  const sets: Partial<Record<Split, LoadedDataSet>> = {};
  const images: DomainImage[] = [];
  const damaged: { id: string; reason: string }[] = [];
  for (const split of ['train', 'test'] as const) {
    const root = join(folder, split);
    const data = await loadDataSet(root, THUMBNAIL, {
      labels: domain.labels,
      signal: options.signal,
      onProgress: (done, total) => options.onProgress(split, done, total),
    });
    sets[split] = data;
    add(split, data);
  }
  const other = await loadImages(join(folder, 'other'), THUMBNAIL, {
    signal: options.signal,
    onProgress: (done, total) => options.onProgress('other', done, total),
  });
  if (other) add('other', other);
  refuse(
    testSetProblems(images.filter(({ part }) => part === 'test').length, domain.gate),
    'Add test images, or review the policy in domain.json.',
  );
  const sizes = requestSizeFindings(
    images.filter(({ part }) => part === 'test'),
    maximumBodyBytes(domain.endpoint.type),
  );
  refuse(sizes.problems, 'Scale test images down, or store them as JPEG.');
  const { problems, warnings } = duplicateFindings(sameContent(images));
  refuse(problems, 'Remove them from one of the two: what is measured must be new to the model.');
  warnings.push(...sizes.warnings);
  for (const split of ['train', 'test'] as const) {
    warnings.push(...misplacedFileWarnings(`${split}/`, sets[split]!.beside));
    warnings.push(...balanceWarnings(split, countsOf(domain, images, split)));
  }
  warnings.push(...nearDuplicateWarnings(await nearDuplicates(sets.train!, sets.test!)));
  return { images, damaged, warnings };

  function add(part: Part, data: LoadedImages) {
    damaged.push(...data.damaged.map(({ id, reason }) => ({ id: `${part}/${id}`, reason })));
    for (const [i, id] of data.ids.entries()) {
      images.push({ part, id, path: join(folder, part, id), ...data.contents[i]! });
    }
  }
}

/** Warns of files and folders that are not used, for instance `Test/` and `validation/`. */
export async function unusedNames(folder: string): Promise<string[]> {
  const known = new Set(['train', 'test', 'other', 'domain.json']);
  const names = (await readdir(folder)).filter((name) => !known.has(name) && !isLitter(name)).sort();
  if (names.length === 0) return [];
  return [
    `Only train/, test/, other/ and domain.json of "${folder}" are looked at; left out ${names.length === 1 ? 'is' : 'are'}: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`,
  ];
}

/** @throws InvalidInputError */
function refuse(problems: readonly string[], hint: string) {
  if (problems.length > 0) throw new InvalidInputError(problems.join('; '), { hint });
}

function countsOf({ labels }: Domain, images: readonly DomainImage[], split: Split): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const image of images) {
    const label = image.id.slice(0, image.id.indexOf('/'));
    if (image.part === split) counts.set(label, counts.get(label)! + 1);
  }
  return counts;
}
