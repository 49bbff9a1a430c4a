import type { Domain } from '#core/contracts/domain.ts';
import { balanceWarnings, duplicateFindings, testSetProblems } from '#core/data-checks.ts';
import { requestSizeFindings } from '#core/golden-images.ts';
import { maximumBodyBytes } from '#core/prediction-requests.ts';
import type { Bucket } from '../aws/bucket.ts';
import { countsOf, refuseProblems, type StoredImages } from './domain-images.ts';
import { identicalObjects } from './identical-objects.ts';

/**
 * Checks a domain's images by what S3 knows about them, before a training job is started.
 *
 * @returns warnings, a sentence each
 * @throws InvalidInputError when the gate could accept no model on these images, or a test image is also a
 *   training image
 */
export async function checkData(data: Bucket, domain: Domain, images: StoredImages): Promise<string[]> {
  refuseProblems(
    domain,
    testSetProblems(images.test.length, domain.gate),
    'Add test images, or review the policy in domain.json',
  );
  const sizes = requestSizeFindings(images.test, maximumBodyBytes(domain.endpoint.type));
  refuseProblems(domain, sizes.problems, 'Scale test images down, or store them as JPEG');
  const groups = await identicalObjects(data, Object.values(images).flat());
  const { problems, warnings } = duplicateFindings(groups);
  refuseProblems(domain, problems, 'Remove them from one of the folders with `aws s3 rm`');
  const unbalanced = (['train', 'test'] as const).flatMap((split) =>
    balanceWarnings(split, countsOf(domain, images[split])),
  );
  return [...sizes.warnings, ...warnings, ...unbalanced];
}
