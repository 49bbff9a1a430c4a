import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Domain } from '#core/contracts/domain.ts';
import {
  balanceWarnings,
  duplicateFindings,
  misplacedFileWarnings,
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
import { refuseManyDamaged, requireImagesPerClass } from '#model/data/data-set.ts';
import { type ImageFile, listImages, listLabelFolders } from '#model/data/label-folders.ts';
import { sameLooking } from './same-looking.ts';
import { type Damaged, type DomainImage, type Survey, type SurveyOptions, survey } from './survey.ts';

/**
 * Checks all images of a domain the way the training job will: folders against labels, a training and a test
 * image of every class, enough test images for the gate, and no image in two of the folders. `other/` need
 * not be there. Images that are known and have not changed are not read. It returns warnings about what may
 * be intended: classes out of balance, duplicates, images that look the same.
 *
 * @throws GraftError naming the folder, class or images that are wrong
 */
export async function checkDomainImages(
  folder: string,
  domain: Domain,
  options: SurveyOptions & { onCompare: (done: number, total: number) => void },
): Promise<{ images: DomainImage[]; damaged: Damaged[]; warnings: string[] }> {
  const sets: Partial<Record<Part, DomainImage[]>> = {};
  const damaged: Damaged[] = [];
  const besides: Partial<Record<Split, string[]>> = {};
  for (const split of ['train', 'test'] as const) {
    const root = join(folder, split);
    const { labels, files, beside } = await listLabelFolders(root, domain.labels);
    const found = await add(split, root, files);
    const classIndices = Int32Array.from(found.images, ({ classIndex }) => classIndex);
    requireImagesPerClass({ labels, classIndices, damaged: found.damaged }, 1, root);
    besides[split] = beside;
  }
  const root = join(folder, 'other');
  const others = await listImages(root);
  if (others) await add('other', root, others);
  const { train = [], test = [], other = [] } = sets;
  const images = [...train, ...test, ...other];
  refuse(testSetProblems(test.length, domain.gate), 'Add test images, or review the policy in domain.json.');
  const sizes = requestSizeFindings(test, maximumBodyBytes(domain.endpoint.type));
  refuse(sizes.problems, 'Scale test images down, or store them as JPEG.');
  const { problems, warnings } = duplicateFindings(sameContent(images));
  refuse(problems, 'Remove them from one of the two: what is measured must be new to the model.');
  warnings.push(...sizes.warnings);
  for (const split of ['train', 'test'] as const) {
    warnings.push(...misplacedFileWarnings(`${split}/`, besides[split]!));
    warnings.push(...balanceWarnings(split, countsOf(domain, sets[split]!)));
  }
  const pairs = await sameLooking({ train, test }, options.onCompare, options.signal);
  warnings.push(...nearDuplicateWarnings(pairs));
  return { images, damaged, warnings };

  async function add(part: Part, root: string, files: ImageFile[]): Promise<Survey> {
    const found = await survey(part, files, options);
    refuseManyDamaged(root, found.damaged, files.length);
    for (const { id, reason } of found.damaged) damaged.push({ id: `${part}/${id}`, reason });
    sets[part] = found.images;
    return found;
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

function countsOf({ labels }: Domain, images: readonly DomainImage[]): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { classIndex } of images) {
    const label = labels[classIndex]!;
    counts.set(label, counts.get(label)! + 1);
  }
  return counts;
}
