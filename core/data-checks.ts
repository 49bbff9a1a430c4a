import type { GatePolicy } from './contracts/domain.ts';
import { groupBy } from './group-by.ts';
import { IMAGE_NAMES, MAXIMUM_DAMAGED_SHARE } from './image-files.ts';
import { fewestImagesFor, mcnemarExact } from './statistics.ts';

/**
 * Ratio of the largest to the smallest class up to which there is no warning. The harm of an imbalance grows
 * with its size (Buda, Maki, Mazurowski, 2018, Neural Networks 106:249–259); no single figure fits every
 * domain.
 */
const BALANCED_RATIO = 5;
/** An upload that has sent nothing for this long, in milliseconds, is over. */
const STILL_ARRIVING_MS = 10 * 60_000;
/** Examples that a message shows. */
const EXAMPLES = 5;
const UNDER_LABELS = 'under more than one label';

export type Split = 'train' | 'test';
/** Folders of a domain. `other` is optional: it has images of none of the domain's labels, directly in it. */
export type Part = Split | 'other';

/** One image, by its path in the domain's folder: `<part>/<id>`. */
export interface NamedImage {
  part: Part;
  /** `<label>/<file name>`, or in `other` the file name. */
  id: string;
}

/** Problems end a promotion before it costs money; warnings go into its outcome. */
export interface Findings {
  problems: string[];
  warnings: string[];
}

/** Says where the test images are too few for the gate policy: no model could pass then, however good. */
export function testSetProblems(
  testImages: number,
  policy: Pick<GatePolicy, 'minimumAccuracy' | 'minimumUplift' | 'minimumTestImages' | 'significance'>,
): string[] {
  const { minimumAccuracy, minimumUplift, minimumTestImages, significance } = policy;
  const problems: string[] = [];
  if (testImages < minimumTestImages) {
    problems.push(
      `test/ has ${testImages} images in all, gate.minimumTestImages asks for ${minimumTestImages}: no model could pass`,
    );
  }
  const fewest = fewestImagesFor(minimumAccuracy);
  if (fewest === undefined) {
    problems.push('gate.minimumAccuracy is 1, which no number of test images can prove');
  } else if (testImages < fewest) {
    problems.push(
      `test/ has ${testImages} images in all: even a model that is right about every one is not shown to reach gate.minimumAccuracy ${minimumAccuracy} with 95 % confidence, which takes at least ${fewest}`,
    );
  }
  // The best case: the baseline is wrong about every image, the challenger about none.
  if (minimumUplift >= 0 && mcnemarExact(testImages, 0) > significance) {
    problems.push(
      `test/ has ${testImages} images in all: no gain over the baseline can be significant at ${significance}, which takes at least ${Math.ceil(Math.log2(1 / significance))}`,
    );
  }
  return problems;
}

/**
 * Finds images that arrived after `domain.json`, whose arrival says that the data are complete. They come
 * from an upload in the wrong order, which may still be running.
 *
 * @param committed when `domain.json` arrived; this, `modified` and `now` in milliseconds since 1970
 */
export function lateImages(
  images: readonly (NamedImage & { modified: number })[],
  committed: number,
  now: number,
): Findings {
  // S3 has whole seconds, so the order within one is unknown.
  const second = (time: number) => Math.floor(time / 1000);
  const late = images.filter(({ modified }) => second(modified) > second(committed));
  const last = late.reduce((latest, { modified }) => Math.max(latest, modified), Number.NEGATIVE_INFINITY);
  const found = sentence(
    late.map(named),
    'younger than domain.json, whose arrival says that the data are complete',
  );
  const advice = 'put domain.json there once more, after all images (`aws s3 sync` sends it first)';
  const [what] = found;
  if (what === undefined) return { problems: [], warnings: [] };
  return now - last < STILL_ARRIVING_MS
    ? { problems: [`${what}. More may be on their way: ${advice}`], warnings: [] }
    : { problems: [], warnings: [`${what}. Where they belong to it, ${advice}`] };
}

/** @param counts images of every label in one split */
export function balanceWarnings(split: Split, counts: ReadonlyMap<string, number>): string[] {
  const sorted = [...counts].sort(([, one], [, other]) => one - other);
  const [fewest, most] = [sorted[0], sorted.at(-1)];
  if (fewest === undefined || most === undefined || most[1] <= BALANCED_RATIO * fewest[1]) return [];
  return [
    `${split}/${most[0]} has ${most[1]} images and ${split}/${fewest[0]} ${fewest[1]}, more than ${BALANCED_RATIO} times fewer: the classes are out of balance`,
  ];
}

/**
 * Groups of two or more images that are the same file.
 *
 * @param images in the order in which messages are to name them
 */
export function sameContent<Image extends { sha256: string }>(images: readonly Image[]): Image[][] {
  // Only repeated images are grouped: a group for each of millions would take gigabytes.
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { sha256 } of images) (seen.has(sha256) ? repeated : seen).add(sha256);
  return groupBy(
    images.filter(({ sha256 }) => repeated.has(sha256)),
    ({ sha256 }) => sha256,
  );
}

/**
 * Warnings about images with the same content in a folder of labels that has no parts.
 *
 * @param groups `<label>/<file name>` of images that are the same file, two or more in each
 */
export function repetitionWarnings(groups: readonly (readonly string[])[]): string[] {
  const repeated: string[] = [];
  const contradictory: string[] = [];
  for (const [first, second, ...others] of groups) {
    repeated.push(`${second} is ${first}`);
    const contradiction = [second, ...others].find((id) => labelOf(id!) !== labelOf(first!));
    if (contradiction !== undefined) contradictory.push(`${contradiction} is ${first}`);
  }
  return [
    ...sentence(repeated, 'there more than once, which counts as often'),
    ...sentence(contradictory, UNDER_LABELS),
  ];
}

/** @param names `<part>/<id>` of files of one part that are no images */
export function noImageWarnings(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const what = names.length === 1 ? '1 file is no' : `${names.length} files are no`;
  const out = names.length === 1 ? 'is' : 'are';
  return [`${what} ${IMAGE_NAMES} image that can be trained on, and ${out} left out: ${examplesOf(names)}`];
}

/**
 * An error where so many files are no images that something must be wrong: the training job would refuse
 * them.
 *
 * @param names of the files of one part that are no images
 * @param total all its files
 */
export function damagedProblems(part: Part, names: readonly string[], total: number): string[] {
  if (names.length <= MAXIMUM_DAMAGED_SHARE * total) return [];
  return [
    `${names.length} of the ${total} files in ${part}/ are no ${IMAGE_NAMES} images that can be trained on, and more than ${MAXIMUM_DAMAGED_SHARE * 100} % are not left out: ${examplesOf(names)}`,
  ];
}

/**
 * @param where the folder, as messages name it
 * @param names of files and folders beside the labels' folders
 */
export function misplacedFileWarnings(where: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const what = names.length === 1 ? '1 file lies' : `${names.length} files lie`;
  const out = names.length === 1 ? 'is' : 'are';
  return [`${what} beside the folders of the classes in ${where}, and ${out} left out: ${examplesOf(names)}`];
}

/**
 * What follows from images with the same content.
 *
 * @param groups images that are the same file, two or more in each
 */
export function duplicateFindings(groups: readonly (readonly NamedImage[])[]): Findings {
  const shared: string[] = [];
  const known: string[] = [];
  const repeated: string[] = [];
  const contradictory: string[] = [];
  for (const group of groups) {
    const [train, test, other] = (['train', 'test', 'other'] as const).map((part) =>
      group.filter((image) => image.part === part),
    ) as [NamedImage[], NamedImage[], NamedImage[]];
    const labelled = [...train, ...test];
    if (train[0] && test[0]) shared.push(`${named(test[0])} is ${named(train[0])}`);
    if (other[0] && labelled[0]) known.push(`${named(other[0])} is ${named(labelled[0])}`);
    for (const [first, second] of [train, test, other]) {
      if (first && second) repeated.push(`${named(second)} is ${named(first)}`);
    }
    const contradiction = labelled.find(({ id }) => labelOf(id) !== labelOf(labelled[0]!.id));
    if (contradiction) contradictory.push(`${named(contradiction)} is ${named(labelled[0]!)}`);
  }
  return {
    problems: [
      ...sentence(shared, 'in test/ and in train/ too, so that the accuracy would be a false one'),
      ...sentence(known, 'in other/, which is for images of none of the labels, and under a label too'),
    ],
    warnings: [
      ...sentence(repeated, 'more than once within train/, test/ or other/, which counts as often'),
      ...sentence(contradictory, UNDER_LABELS),
    ],
  };
}

/** @param pairs a training and a test image that look the same without being the same file */
export function nearDuplicateWarnings(pairs: readonly { train: string; test: string }[]): string[] {
  const examples = pairs.map(({ train, test }) => `test/${test} looks like train/${train}`);
  return sentence(
    examples,
    'in test/ and, scaled or stored again, in train/ too, which flatters the accuracy',
  );
}

function sentence(examples: readonly string[], what: string): string[] {
  if (examples.length === 0) return [];
  return [
    `${examples.length === 1 ? '1 image is' : `${examples.length} images are`} ${what}: ${examplesOf(examples)}`,
  ];
}

/** The first of many examples for a message, and how many more there are. */
export function examplesOf(all: readonly string[]): string {
  const more = all.length > EXAMPLES ? `, and ${all.length - EXAMPLES} more` : '';
  return `${all.slice(0, EXAMPLES).join(', ')}${more}`;
}

const named = ({ part, id }: NamedImage) => `${part}/${id}`;
const labelOf = (id: string) => id.slice(0, id.indexOf('/'));
