import type { Input } from '#core/contracts/common.ts';
import type { Features, Manifest } from '#core/contracts/manifest.ts';
import { IntegrityError, InvalidInputError } from '#core/errors.ts';
import { prepare, shapeOf } from '../data/prepare.ts';
import { referenceImages } from '../inference/reference-images.ts';
import type { FeatureOutput } from './cut.ts';
import type { Session } from './session.ts';

/** Difference that is allowed, in shares of an image's largest value: processors round differently. */
const TOLERANCE = 1e-3;
/** Features that differ less from image to image, in the same shares, say nothing. */
const DEAD = 1e-6;

/** Runs a model with one image, pixels as `referenceImages` has them; gives the outputs by name. */
export type InferPixels = (pixels: Uint8Array) => Promise<Readonly<Record<string, Float32Array>>>;

export const onSession =
  (session: Session, input: Input): InferPixels =>
  async (pixels) => {
    const values = await session.run({
      [input.name]: { dims: shapeOf(input, 1), data: prepare(pixels, input) },
    });
    return Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, data]));
  };

/**
 * Features of the synthetic images, as the manifest keeps them.
 *
 * @throws InvalidInputError when a value is no number, or the features do not depend on the image
 */
export async function measureReference(
  infer: InferPixels,
  input: Input,
  outputs: readonly FeatureOutput[],
): Promise<Features[]> {
  const observed = await observe(infer, input, outputs);
  return outputs.map((output, at) => {
    const reference = observed[at]!;
    refuseUseless(output.name, reference);
    return { ...output, reference };
  });
}

/**
 * Compares a loaded model's features of the synthetic images with the manifest's. Every machine does so
 * before it uses a model.
 *
 * @throws IntegrityError when they disagree by more than 1e-3 of an image's largest value
 */
export async function checkReference(
  infer: InferPixels,
  { input, features, model, version }: Pick<Manifest, 'input' | 'features' | 'model' | 'version'>,
): Promise<void> {
  const observed = await observe(infer, input, features);
  features.forEach(({ name, reference }, at) => {
    requireSame(reference, observed[at]!, `features "${name}" of ${model} ${version}`);
  });
}

/**
 * Compares what a machine computed for the synthetic images with what was computed when the model was made.
 *
 * @param what for the message, in the plural
 * @throws IntegrityError when they disagree
 */
export function requireSame(
  expected: readonly (readonly number[])[],
  observed: readonly (readonly number[])[],
  what: string,
): void {
  expected.forEach((values, image) => {
    const largest = largestOf(values);
    const found = observed[image] ?? [];
    const isWhole = found.length === values.length && found.every(Number.isFinite);
    const difference = values.reduce((most, value, at) => Math.max(most, Math.abs(value - found[at]!)), 0);
    if (isWhole && difference <= TOLERANCE * largest) return;
    const by = isWhole
      ? `${difference.toPrecision(3)}, their largest value being ${largest.toPrecision(3)}`
      : 'more';
    throw new IntegrityError(
      `The ${what} for synthetic image ${image + 1} differ on this machine from those that were measured when the model was made (by ${by})`,
      {
        hint: 'This machine computes the model differently: use the same version of ONNX Runtime here as there, and check the processor and its memory.',
      },
    );
  });
}

/** For each output and each synthetic image the means over all places. */
async function observe(
  infer: InferPixels,
  input: Input,
  outputs: readonly { name: string; width: number }[],
): Promise<number[][][]> {
  const results: Readonly<Record<string, Float32Array>>[] = [];
  for (const pixels of referenceImages(input)) results.push(await infer(pixels));
  return outputs.map(({ name, width }) => results.map((values) => meansOf(values[name]!, width)));
}

/** @param values of shape [width, …] */
function meansOf(values: Float32Array, width: number): number[] {
  const places = values.length / width;
  return Array.from({ length: width }, (_, at) => {
    let sum = 0;
    for (let i = at * places; i < (at + 1) * places; i++) sum += values[i]!;
    // Seven digits are what a 32-bit float has.
    return Number((sum / places).toPrecision(7));
  });
}

function refuseUseless(name: string, [first, ...others]: readonly (readonly number[])[]): void {
  if (![first!, ...others].every((values) => values.every(Number.isFinite))) {
    throw new InvalidInputError(`The features "${name}" of synthetic images are not all numbers`, {
      hint: 'The weights are damaged, or the preparation does not fit: export the network again, and check --preset, --mean and --std.',
    });
  }
  const largest = largestOf([first!, ...others].flat());
  const differs = others.some((values) =>
    values.some((value, at) => Math.abs(value - first![at]!) > DEAD * largest),
  );
  if (differs) return;
  throw new InvalidInputError(`The features "${name}" are the same for every image: the network is dead`, {
    hint: 'Check that the weights were loaded before the export, and that the preparation fits.',
  });
}

const largestOf = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
