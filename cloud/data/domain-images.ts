import type { Domain } from '#core/contracts/domain.ts';
import { misplacedFileWarnings, type NamedImage, type Part, type Split } from '#core/data-checks.ts';
import { InvalidInputError } from '#core/errors.ts';
import { imagesPrefix } from '#core/keys.ts';
import { foldLabel } from '#core/labels.ts';
import type { Bucket } from '../aws/bucket.ts';
import { type ListedFile, listFiles } from '../aws/listed-files.ts';
import { separateImages } from './separate-images.ts';

/** One for training and one for validation. */
const MINIMUM_TRAINING_IMAGES = 2;
/** Without one, the class has no recall. */
const MINIMUM_TEST_IMAGES = 1;

/** One image in the data bucket. */
export interface StoredImage extends NamedImage {
  key: string;
  size: number;
  /** Without quotes. */
  etag: string;
  /** When it was written, milliseconds since 1970. */
  modified: number;
}
export type StoredImages = Record<Part, StoredImage[]>;

/** A domain's images, and warnings about its other files, one sentence each. */
export interface CheckedImages {
  images: StoredImages;
  warnings: string[];
}

/**
 * Lists a domain's images and compares the folders with the labels. Files that are no images are left out, as
 * in a training job.
 *
 * @throws InvalidInputError that lists everything that is wrong
 */
export async function checkImages(data: Bucket, domain: Domain): Promise<CheckedImages> {
  const report: Report = { problems: [], warnings: [] };
  const images: StoredImages = { train: [], test: [], other: [] };
  for (const part of ['train', 'test', 'other'] as const) {
    const listed = await listFiles(data, imagesPrefix(domain.domain, part));
    const files =
      part === 'other' ? filesWithoutLabels(listed, report) : filesOfLabels(domain, part, listed, report);
    const found = await separateImages(data, part, files);
    report.problems.push(...found.problems);
    report.warnings.push(...found.warnings);
    images[part] = found.images.map(({ id, key, size, etag, modified }) => ({
      part,
      id,
      key,
      size,
      etag,
      modified,
    }));
    if (part !== 'other') report.problems.push(...shortages(domain, part, images[part]));
  }
  refuseProblems(
    domain,
    report.problems,
    'Make folders, images and domain.json agree (domain.json has to come last, and `aws s3 sync` sends it first)',
  );
  return { images, warnings: report.warnings };
}

/** @throws InvalidInputError that lists the first ten problems, if there are any */
export function refuseProblems(domain: Domain, problems: readonly string[], remedy: string): void {
  if (problems.length === 0) return;
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : '';
  throw new InvalidInputError(
    `The images of "${domain.domain}" do not fit its domain.json: ${problems.slice(0, 10).join('; ')}${more}`,
    { hint: `${remedy}, and push the data again.` },
  );
}

/** Images of each label, in the order of the labels. */
export function countsOf({ labels }: Domain, images: readonly StoredImage[]): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { id } of images) {
    const label = id.slice(0, id.indexOf('/'));
    counts.set(label, counts.get(label)! + 1);
  }
  return counts;
}

/** What is found wrong with a domain's files, one sentence each. */
interface Report {
  problems: string[];
  warnings: string[];
}

/** The files directly in the labels' folders; what is wrong with the others goes into the report. */
function filesOfLabels(
  { labels }: Domain,
  split: Split,
  listed: readonly ListedFile[],
  { problems, warnings }: Report,
): ListedFile[] {
  const known = new Set(labels);
  const unknownFolders = new Set<string>();
  const nested = new Set<string>();
  const beside: string[] = [];
  const files: ListedFile[] = [];
  for (const file of listed) {
    const [first, ...rest] = file.folders;
    if (first === undefined) beside.push(file.id);
    else if (!known.has(first)) unknownFolders.add(first);
    else if (rest.length > 0) nested.add(`${split}/${first} has a folder of its own, "${rest[0]}"`);
    else if (!file.isFolder) files.push(file);
  }
  for (const folder of unknownFolders) problems.push(unknownFolderProblem(split, folder, labels));
  for (const problem of nested) problems.push(problem);
  warnings.push(...misplacedFileWarnings(`${split}/`, beside));
  return files;
}

function unknownFolderProblem(split: Split, folder: string, labels: readonly string[]): string {
  const problem = `${split}/${folder} is not among the labels`;
  if (labels.includes(folder.normalize('NFC'))) {
    return `${problem} (the same name in another Unicode form: rename the folder to NFC)`;
  }
  const twin = labels.find((label) => foldLabel(label) === foldLabel(folder));
  return twin === undefined ? problem : `${problem}, which have "${twin}": upper and lower case count`;
}

/** The images of no class, of which there need not be any. */
function filesWithoutLabels(listed: readonly ListedFile[], { problems }: Report): ListedFile[] {
  const folders = new Set(listed.flatMap((file) => file.folders.slice(0, 1)));
  for (const folder of folders) {
    problems.push(`other/${folder} is a folder, but the images of other/ have no labels`);
  }
  return listed.filter(({ folders }) => folders.length === 0);
}

function shortages(domain: Domain, split: Split, images: readonly StoredImage[]): string[] {
  const minimum = split === 'train' ? MINIMUM_TRAINING_IMAGES : MINIMUM_TEST_IMAGES;
  return [...countsOf(domain, images)]
    .filter(([, count]) => count < minimum)
    .map(([label, count]) => `${split}/${label} has ${count} of at least ${minimum} images`);
}
