import type { EvaluationRow } from './contracts/evaluation.ts';
import { examplesOf, type Findings } from './data-checks.ts';
import { groupBy } from './group-by.ts';

/** Golden images of one confirmation at most. More would cost time and show little more. */
export const MAXIMUM_GOLDEN_IMAGES = 50;

/**
 * An endpoint is confirmed on one test image of each label. This gives a warning for the labels whose test
 * images are all larger than the endpoint takes, and an error where that is every label.
 *
 * @param test images of `test/`, `id` as `<label>/<file name>`, `size` in bytes
 * @param limit bytes that the endpoint takes
 */
export function requestSizeFindings(
  test: readonly { id: string; size: number }[],
  limit: number,
): Pick<Findings, 'problems' | 'warnings'> {
  const smallest = new Map<string, { id: string; size: number }>();
  for (const image of test) {
    const label = image.id.slice(0, image.id.indexOf('/'));
    const known = smallest.get(label);
    if (known === undefined || image.size < known.size) smallest.set(label, image);
  }
  const tooLarge = [...smallest].filter(([, { size }]) => size > limit);
  if (tooLarge.length === 0) return { problems: [], warnings: [] };
  const remedy = `an image of at most ${limit} bytes (scaled down, or stored as JPEG)`;
  if (tooLarge.length === smallest.size) {
    const [, { id, size }] = tooLarge[0]!;
    return {
      problems: [
        `every test image is larger than the ${limit} bytes that the endpoint takes, so no model could be confirmed on one (the smallest of its class, test/${id}, has ${size}): add at least one test image that is smaller`,
      ],
      warnings: [],
    };
  }
  const examples = tooLarge.map(([label, { id, size }]) => `${label} (test/${id}: ${size} bytes)`);
  return {
    problems: [],
    warnings: [
      `${tooLarge.length === 1 ? 'One class has' : `${tooLarge.length} classes have`} no test image of at most ${limit} bytes, which is what the endpoint takes. It is confirmed on the other classes, and refuses images like these; add ${remedy}: ${examplesOf(examples)}`,
    ],
  };
}

/**
 * The rows whose images fit into a request, grouped by label, in the order of the evaluation. The first row
 * of each group whose image is still available gives the golden image.
 */
export function goldenCandidates(
  rows: readonly EvaluationRow[],
  fits: (row: EvaluationRow) => boolean,
): EvaluationRow[][] {
  return groupBy(rows.filter(fits), ({ truth }) => truth);
}
