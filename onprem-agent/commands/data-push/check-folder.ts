import type { Domain } from '#core/contracts/domain.ts';
import { checkDomainImages, unusedNames } from './domain-images.ts';
import {
  type KnownImage,
  type KnownImages,
  knownImagesFile,
  readKnownImages,
  writeKnownImages,
} from './known-images.ts';
import type { DomainImage } from './survey.ts';

/**
 * Checks a folder's images, and keeps what it has found of each one, also when it ends early: after a
 * correction or an interruption, images that have not changed are not read again.
 *
 * @param options `state` is the agent's state folder
 * @param onProgress `note` says what is done: a part's name, or `compare`
 * @throws as `checkDomainImages`
 */
export async function checkFolder(
  { folder, domain, state }: { folder: string; domain: Domain; state: string },
  onProgress: (done: number, total: number, note: string) => void,
  signal: AbortSignal,
) {
  const file = await knownImagesFile(state, folder);
  const known: KnownImages = await readKnownImages(file).catch(() => new Map());
  const now: DomainImage[] = [];
  const keep = (images: Iterable<[string, KnownImage]>) => writeKnownImages(file, images);
  let found: Awaited<ReturnType<typeof checkDomainImages>>;
  try {
    found = await checkDomainImages(folder, domain, {
      known,
      onImage: (image) => void now.push(image),
      onProgress: (part, done, total) => onProgress(done, total, part),
      onCompare: (done, total) => onProgress(done, total, 'compare'),
      signal,
    });
  } catch (error) {
    // The reason of this end matters more than that nothing can be kept.
    await keep(settled(now, known)).catch(() => {});
    throw error;
  }
  await keep(settled(now));
  found.warnings.unshift(...(await unusedNames(folder)));
  return found;
}

/** Images that will look different when they change, and those that were known and have not been reached. */
function* settled(
  images: readonly DomainImage[],
  notReached: Iterable<[string, KnownImage]> = [],
): Generator<[string, KnownImage]> {
  yield* notReached;
  for (const { part, id, look, sha256, sketch, compared } of images) {
    if (look !== undefined) yield [`${part}/${id}`, { look, sha256, sketch, compared }];
  }
}
