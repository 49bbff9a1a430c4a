import type { EvaluationRow } from '../contracts/evaluation.ts';
import { IntegrityError } from '../errors.ts';

/** Counts over the same test images: which of two classifiers was right where the other was wrong. */
export interface Pairing {
  images: number;
  onlyFirst: number;
  onlySecond: number;
}

/** @throws IntegrityError when the two were not measured on the same images */
export function pair(first: readonly EvaluationRow[], second: readonly EvaluationRow[]): Pairing {
  const secondById = new Map(second.map((row) => [row.id, row]));
  if (first.length !== second.length || secondById.size !== second.length) {
    throw new IntegrityError(
      `The evaluations have ${first.length} and ${second.length} test images: not the same test set`,
    );
  }
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const row of first) {
    const other = secondById.get(row.id);
    if (other === undefined || other.truth !== row.truth) {
      throw new IntegrityError(
        `Test image "${row.id}" stands in one evaluation and not, or otherwise, in the other`,
      );
    }
    const firstRight = row.prediction === row.truth;
    const secondRight = other.prediction === other.truth;
    if (firstRight && !secondRight) onlyFirst++;
    if (secondRight && !firstRight) onlySecond++;
  }
  return { images: first.length, onlyFirst, onlySecond };
}
