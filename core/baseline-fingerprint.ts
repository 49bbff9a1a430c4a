import type { Domain } from './contracts/domain.ts';
import type { Manifest } from './contracts/manifest.ts';
import { sha256 } from './digest.ts';

/** An image as S3 lists it. The ETag stands for its bytes. */
export interface ListedImage {
  key: string;
  size: number;
  etag: string;
}

/**
 * What the domain brings to a baseline: labels in their order, recipe, when it is unsure, and images, as they are known before any job is started. Of the
 * recipe only what cannot change a result is left out: whether the instance is a spot one, and when a job is given up. The instance's
 * type stays in it, since another processor may round differently, and a field that the recipe gains some day is in it from the start.
 *
 * @returns SHA-256
 */
export function domainFingerprint(
  { labels, recipe, unsure }: Pick<Domain, 'labels' | 'recipe' | 'unsure'>,
  images: readonly ListedImage[],
): string {
  const { spot: _spot, maxSeconds: _maxSeconds, ...decisive } = recipe;
  const listed = images
    .map(({ key, size, etag }) => [key, size, etag])
    .sort(([a], [b]) => (a! < b! ? -1 : 1));
  return sha256(JSON.stringify([labels, sorted(decisive), sorted(unsure), listed]));
}

/**
 * Everything that a baseline's evaluation depends on. Of the general model that is its architecture and input, not its weights: so
 * every version with the same `model.json` counts as the same.
 *
 * @param domain of `domainFingerprint`
 * @param image of the training container, whose tag is the digest of its content
 * @returns SHA-256; the same one means the same evaluation, apart from times
 */
export function baselineFingerprint(
  domain: string,
  { files, input, cutLayer }: Pick<Manifest, 'files' | 'input' | 'cutLayer'>,
  image: string,
): string {
  const topology = files.find(({ name }) => name === 'model.json')!.sha256;
  return sha256(JSON.stringify([domain, topology, sorted(input), cutLayer, image]));
}

const sorted = (fields: object) => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
