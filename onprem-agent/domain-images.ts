import { join } from 'node:path';
import { forEachBounded } from '#core/bounded.ts';
import type { Input } from '#core/contracts/common.ts';
import type { Domain } from '#core/contracts/domain.ts';
import {
  balanceWarnings,
  duplicateFindings,
  type NamedImage,
  nearDuplicateWarnings,
  type Part,
  type Split,
  testSetProblems,
} from '#core/data-checks.ts';
import { sha256OfFile } from '#core/digest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { type DataSet, type Images, loadDataSet, loadImages } from '#model/data-set.ts';
import { nearDuplicates } from '#model/near-duplicates.ts';

/** A readable image of a domain. */
export interface DomainImage extends NamedImage {
  path: string;
  sha256: string;
  size: number;
}

/** Whether an image can be decoded, and whether two look the same, shows at a small size. */
const PROBE: Input = { height: 32, width: 32, channels: 3, normalisation: { scale: 1, offset: 0 } };

/**
 * Reads and checks all images of a domain the way the training job will: folders against labels, a training
 * and a test image of every class, enough test images for the gate, and no image in two of the folders. `other/`
 * need not be there. What a person should look at without its being wrong (classes out of balance, duplicates, images that look the same) comes back as warnings.
 *
 * @throws GraftError naming the folder, class or images that are wrong
 */
export async function checkDomainImages(
  folder: string,
  domain: Domain,
  options: { signal: AbortSignal; onProgress: (part: Part, done: number, total: number) => void },
): Promise<{ images: DomainImage[]; damaged: { id: string; reason: string }[]; warnings: string[] }> {
  const sets: Partial<Record<Split, DataSet>> = {};
  const images: DomainImage[] = [];
  const damaged: { id: string; reason: string }[] = [];
  for (const split of ['train', 'test'] as const) {
    const root = join(folder, split);
    const data = await loadDataSet(root, PROBE, {
      labels: domain.labels,
      signal: options.signal,
      onProgress: (done, total) => options.onProgress(split, done, total),
    });
    sets[split] = data;
    await add(split, data);
  }
  const other = await loadImages(join(folder, 'other'), PROBE, {
    signal: options.signal,
    onProgress: (done, total) => options.onProgress('other', done, total),
  });
  if (other) await add('other', other);
  refuse(
    testSetProblems(images.filter(({ part }) => part === 'test').length, domain.gate),
    'Add test images, or review the policy in domain.json.',
  );
  const { problems, warnings } = duplicateFindings(sameContent(images));
  refuse(problems, 'Remove them from one of the two: what is measured must be new to the model.');
  for (const split of ['train', 'test'] as const) {
    warnings.push(...balanceWarnings(split, countsOf(domain, images, split)));
  }
  warnings.push(...nearDuplicateWarnings(await nearDuplicates(sets.train!, sets.test!)));
  return { images, damaged, warnings };

  async function add(part: Part, data: Images) {
    damaged.push(...data.damaged.map(({ id, reason }) => ({ id: `${part}/${id}`, reason })));
    const digests = new Map<string, Awaited<ReturnType<typeof sha256OfFile>>>();
    await forEachBounded(data.ids, 8, async (id) => {
      digests.set(id, await sha256OfFile(join(folder, part, id)));
    });
    // In the order of the folders, not of whichever was read first: messages name the same image every time.
    images.push(...data.ids.map((id) => ({ part, id, path: join(folder, part, id), ...digests.get(id)! })));
  }
}

/** @throws InvalidInputError */
function refuse(problems: readonly string[], hint: string) {
  if (problems.length > 0) throw new InvalidInputError(problems.join('; '), { hint });
}

function sameContent(images: readonly DomainImage[]): DomainImage[][] {
  const groups = new Map<string, DomainImage[]>();
  for (const image of images) groups.set(image.sha256, [...(groups.get(image.sha256) ?? []), image]);
  return [...groups.values()].filter((group) => group.length > 1);
}

function countsOf({ labels }: Domain, images: readonly DomainImage[], split: Split): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const image of images) {
    const label = image.id.slice(0, image.id.indexOf('/'));
    if (image.part === split) counts.set(label, counts.get(label)! + 1);
  }
  return counts;
}
