import type { GatePolicy } from './contracts/domain.ts';
import { fewestImagesFor, mcnemarExact } from './statistics.ts';

/**
 * Largest class over smallest that is not worth a warning. What an imbalance does to a network grows with it (Buda, Maki, Mazurowski,
 * 2018, Neural Networks 106:249–259); no figure is right for everybody, and this one only makes people look.
 */
const BALANCED_RATIO = 5;
/** A person reads some examples, not all. */
const EXAMPLES = 5;

export type Split = 'train' | 'test';
/** Folders of a domain. `other` is optional: images of none of its classes, directly in it. */
export type Part = Split | 'other';

/** One image as a person finds it: `<part>/<id>`. */
export interface NamedImage {
  part: Part;
  /** `<label>/<file name>`, or in `other` the file name. */
  id: string;
}

/** Errors, which end a promotion before it costs money, and warnings, which go with it into its outcome. */
export interface Findings {
  problems: string[];
  warnings: string[];
}

/** What the number of test images alone makes impossible: then no model could pass the gate, however good. */
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
      ...sentence(known, 'in other/, where no image may be of one of the classes, and under a label too'),
    ],
    warnings: [
      ...sentence(repeated, 'more than once within train/, test/ or other/, and count as often'),
      ...sentence(contradictory, 'under more than one label'),
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
  const shown = examples.slice(0, EXAMPLES).join(', ');
  const more = examples.length > EXAMPLES ? `, and ${examples.length - EXAMPLES} more` : '';
  return [
    `${examples.length === 1 ? '1 image is' : `${examples.length} images are`} ${what}: ${shown}${more}`,
  ];
}

const named = ({ part, id }: NamedImage) => `${part}/${id}`;
const labelOf = (id: string) => id.slice(0, id.indexOf('/'));
