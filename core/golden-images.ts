import type { EvaluationRow } from './contracts/evaluation.ts';
import type { Findings } from './data-checks.ts';

/** With more classes, this many show as much and cost less time. */
export const MAXIMUM_GOLDEN_IMAGES = 50;
/** A person reads some examples, not all. */
const EXAMPLES = 5;

/**
 * What the size of a domain's test images means for its endpoint, which is asked about one of each class before it counts as live:
 * a warning for each class whose test images are all larger than the endpoint takes, an error where that goes for every class.
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
  const shown = tooLarge
    .slice(0, EXAMPLES)
    .map(([label, { id, size }]) => `${label} (test/${id}: ${size} bytes)`);
  const more = tooLarge.length > EXAMPLES ? `, and ${tooLarge.length - EXAMPLES} more` : '';
  return {
    problems: [],
    warnings: [
      `${tooLarge.length === 1 ? 'One class has' : `${tooLarge.length} classes have`} no test image of at most ${limit} bytes, which is what the endpoint takes. It is confirmed on the other classes, and nobody can ask it about images like these; add ${remedy}: ${shown.join(', ')}${more}`,
    ],
  };
}

/**
 * The rows that a live endpoint may be asked about, class by class, in the order of the evaluation. The first of each class that can still
 * be had is the golden image.
 */
export function goldenCandidates(
  rows: readonly EvaluationRow[],
  fits: (row: EvaluationRow) => boolean,
): EvaluationRow[][] {
  const classes = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    if (!fits(row)) continue;
    const known = classes.get(row.truth);
    if (known === undefined) classes.set(row.truth, [row]);
    else known.push(row);
  }
  return [...classes.values()];
}
