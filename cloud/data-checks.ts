import type { S3Client } from '@aws-sdk/client-s3';
import type { Domain } from '#core/contracts/domain.ts';
import { balanceWarnings, duplicateFindings, type Split, testSetProblems } from '#core/data-checks.ts';
import { refuseProblems, type StoredImages } from './domains.ts';
import { identicalObjects } from './identical-objects.ts';

/**
 * Judges a domain's images by what S3 knows about them, before any training job is started.
 *
 * @returns warnings, a sentence each
 * @throws InvalidInputError when the gate could not pass any model on these images, or a test image is a training image too
 */
export async function checkData(
  s3: S3Client,
  bucket: string,
  domain: Domain,
  images: StoredImages,
): Promise<string[]> {
  refuseProblems(
    domain,
    testSetProblems(images.test.length, domain.gate),
    'Add test images, or review the policy in domain.json',
  );
  const groups = await identicalObjects(s3, bucket, Object.values(images).flat());
  const { problems, warnings } = duplicateFindings(groups);
  refuseProblems(domain, problems, 'Remove them from one of the folders with `aws s3 rm`');
  const unbalanced = (['train', 'test'] as const).flatMap((split) =>
    balanceWarnings(split, countsOf(domain, images, split)),
  );
  return [...warnings, ...unbalanced];
}

function countsOf({ labels }: Domain, images: StoredImages, split: Split): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { id } of images[split]) {
    const label = id.slice(0, id.indexOf('/'));
    counts.set(label, counts.get(label)! + 1);
  }
  return counts;
}
