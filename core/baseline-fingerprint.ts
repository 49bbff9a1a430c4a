import type { Domain } from './contracts/domain.ts';
import { sha256 } from './digest.ts';

/** An image as S3 lists it. The ETag stands for its bytes. */
export interface ListedImage {
  key: string;
  size: number;
  etag: string;
}

/**
 * Fingerprint of everything of a domain that a baseline depends on and that is known before a job starts:
 * labels in their order, recipe, when a model is unsure, and images.
 * Two fields of the recipe are left out because they cannot change a result: `spot` and `maxSeconds`. The
 * instance type stays in, since another processor may round differently. A field added to the recipe later is
 * in it too.
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
 * Fingerprint of everything that a baseline's evaluation depends on. A baseline takes nothing of the general
 * model: its network and input are constants of the container.
 *
 * @param domain fingerprint of the domain, made by `domainFingerprint`
 * @param image of the training container, whose tag is the digest of its content
 * @returns SHA-256; the same one means the same evaluation, apart from times
 */
export const baselineFingerprint = (domain: string, image: string): string =>
  sha256(JSON.stringify([domain, image]));

const sorted = (fields: object) => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
