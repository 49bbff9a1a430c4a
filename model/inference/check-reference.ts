import type { Input } from '#core/contracts/common.ts';
import { IntegrityError } from '#core/errors.ts';
import type { InferencePool } from './pool.ts';
import { referenceImages } from './reference-images.ts';

/** Share of the largest value by which another machine may differ: kernels add in another order. */
const TOLERANCE = 1e-3;

export interface Reference {
  /** Names the model in messages. */
  what: string;
  /** For each of the synthetic images the values where the model was made. */
  expected: readonly (readonly number[])[];
  /** The same values out of the model's outputs. */
  valuesOf(outputs: readonly Float32Array[]): ArrayLike<number>;
  /** What the reader of the error can do. */
  hint: string;
}

/**
 * Asks every thread of a pool about synthetic images, and compares with what the model gave where it was made.
 * This warms them up as well: the first image on each thread allocates memory.
 *
 * @throws IntegrityError when a value differs by more than `TOLERANCE` of the image's largest, or is no number
 */
export async function checkReference(
  pool: InferencePool,
  input: Input,
  { what, expected, valuesOf, hint }: Reference,
): Promise<void> {
  const images = referenceImages(input);
  const count = Math.max(pool.threads, images.length);
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) => pool.infer({ image: { pixels: images[i % images.length]! } })),
  );
  for (const [i, [outputs]] of answers.entries()) {
    const own = Array.from(valuesOf(outputs!));
    const reference = expected[i % images.length]!;
    if (own.length !== reference.length) {
      throw new IntegrityError(`${what} gives ${own.length} values instead of ${reference.length}`, { hint });
    }
    const largest = Math.max(...reference.map(Math.abs));
    const difference = Math.max(...own.map((value, at) => Math.abs(value - reference[at]!)));
    // Not the opposite question: NaN is larger than nothing.
    if (difference <= TOLERANCE * largest) continue;
    const share = (difference / largest).toPrecision(2);
    throw new IntegrityError(
      `${what} computes other values here than where it was made: synthetic image ${(i % images.length) + 1} differs by ${share} of its largest value, more than the ${TOLERANCE} allowed`,
      { hint },
    );
  }
}
