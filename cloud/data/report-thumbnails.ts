import type { GoldenAnswers } from '#core/contracts/golden-answers.ts';
import type { Report } from '#core/contracts/report.ts';
import { goldenImageKey, imagesPrefix } from '#core/keys.ts';
import { shownGolden } from '#core/report/sections/golden.ts';
import type { Thumbnail } from '#core/report/sections/picture.ts';
import type { Bucket } from '../aws/bucket.ts';
import { readThumbnails } from './thumbnails.ts';

/** The golden images that a report shows, by id, as they were kept with their evaluation. */
function readGoldenThumbnails(
  artifacts: Bucket,
  golden: Pick<GoldenAnswers, 'evaluationKey' | 'answers'>,
): Promise<Map<string, Thumbnail>> {
  const ids = shownGolden(golden).map(({ row }) => row.id);
  return readThumbnails(artifacts, goldenImageKey(golden.evaluationKey, ''), ids);
}

/** All test images that a report shows, by id. */
export async function readReportThumbnails(
  data: Bucket,
  artifacts: Bucket,
  { domain, misclassified, golden }: Pick<Report, 'domain' | 'misclassified' | 'golden'>,
): Promise<Map<string, Thumbnail>> {
  const ids = misclassified.shown.map(({ id }) => id);
  const mistakes = await readThumbnails(data, imagesPrefix(domain, 'test'), ids);
  // A golden image is the same as the test image of this name when the promotion began.
  return new Map([...mistakes, ...(golden ? await readGoldenThumbnails(artifacts, golden) : [])]);
}
