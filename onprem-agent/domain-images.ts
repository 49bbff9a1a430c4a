import { join } from 'node:path';
import { forEachBounded } from '#core/bounded.ts';
import type { Input } from '#core/contracts/common.ts';
import type { Domain } from '#core/contracts/domain.ts';
import { sha256OfFile } from '#core/digest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { loadDataSet } from '#model/data-set.ts';

/** A readable image of a domain. */
export interface DomainImage {
  split: 'train' | 'test';
  /** `<label>/<file name>` */
  id: string;
  path: string;
  sha256: string;
  size: number;
}

/** Only whether an image can be decoded matters here, so it is decoded small. */
const PROBE: Input = { height: 32, width: 32, channels: 3, normalisation: { scale: 1, offset: 0 } };

/**
 * Reads and checks all images of a domain the way the training job will: folders against labels, two training images of every
 * class (one is held out for validation), one test image, enough test images for the gate, and no image in both.
 *
 * @throws GraftError naming the folder, class or images that are wrong
 */
export async function checkDomainImages(
  folder: string,
  domain: Domain,
  options: { signal: AbortSignal; onProgress: (split: string, done: number, total: number) => void },
): Promise<{ images: DomainImage[]; damaged: { id: string; reason: string }[] }> {
  const images: DomainImage[] = [];
  const damaged: { id: string; reason: string }[] = [];
  for (const split of ['train', 'test'] as const) {
    const root = join(folder, split);
    const data = await loadDataSet(root, PROBE, {
      labels: domain.labels,
      minimumPerClass: split === 'train' ? 2 : 1,
      signal: options.signal,
      onProgress: (done, total) => options.onProgress(split, done, total),
    });
    damaged.push(...data.damaged.map(({ id, reason }) => ({ id: `${split}/${id}`, reason })));
    await forEachBounded(data.ids, 8, async (id) => {
      const path = join(root, id);
      images.push({ split, id, path, ...(await sha256OfFile(path)) });
    });
  }
  refuseTooFewTests(images, domain);
  refuseSharedImages(images);
  return { images, damaged };
}

function refuseTooFewTests(images: readonly DomainImage[], { gate }: Domain) {
  const tests = images.filter(({ split }) => split === 'test').length;
  if (tests >= gate.minimumTestImages) return;
  throw new InvalidInputError(
    `There are ${tests} test images, and the gate of this domain asks for ${gate.minimumTestImages}: no model could ever pass`,
    { hint: 'Add test images, or lower minimumTestImages.' },
  );
}

/** A model that has seen the test images in training is flattered by them. */
function refuseSharedImages(images: readonly DomainImage[]) {
  const trained = new Map(
    images.filter(({ split }) => split === 'train').map(({ sha256, id }) => [sha256, id]),
  );
  const shared = images.find(({ split, sha256 }) => split === 'test' && trained.has(sha256));
  if (!shared) return;
  throw new InvalidInputError(
    `test/${shared.id} and train/${trained.get(shared.sha256)} are the same image`,
    {
      hint: 'Remove one of them: accuracy is measured on images that no training saw.',
    },
  );
}
