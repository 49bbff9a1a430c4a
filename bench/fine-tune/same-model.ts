import { IntegrityError } from '#core/errors.ts';

/** Of float32 sums in another order, relative to the largest feature. */
const TOLERANCE = 1e-3;

/**
 * @param theirs what Keras's backbone gives for a synthetic image
 * @param reference the manifest's, which transfer compares with its own
 * @throws IntegrityError when the two backbones are not the same model
 */
export function requireSameFeatures(theirs: readonly number[], reference: readonly number[]): void {
  const largest = Math.max(...reference.map(Math.abs));
  const difference = Math.max(...reference.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN))));
  if (theirs.length === reference.length && difference <= TOLERANCE * largest) return;
  throw new IntegrityError(
    `The backbones of Graft and Keras differ by ${difference} where the largest feature is ${largest}`,
  );
}
