import { join } from 'node:path';
import type { Manifest } from './contracts/manifest.ts';
import { type ContentDigest, sha256OfFile } from './digest.ts';
import { IntegrityError, NotFoundError } from './errors.ts';

/** Where the files of a general model are, and how to read them there. */
export interface ModelFiles {
  /** Names the place in messages, for instance `s3://models/general/icons`. */
  place: string;
  /** What the reader of the error can do. */
  hint: string;
  /** Reads a file; throws its own error when there is none. */
  digestOf(name: string): Promise<ContentDigest>;
}

/**
 * Checks that the files of a general model are those that its manifest lists.
 *
 * @throws IntegrityError naming the first file of another size or content
 * @throws what `digestOf` throws
 */
export async function verifyModelFiles(manifest: Manifest, { place, hint, digestOf }: ModelFiles) {
  for (const { name } of manifest.files) {
    requireListed(manifest, { name, ...(await digestOf(name)) }, { place, hint });
  }
}

/**
 * Checks that one file is the one that the manifest lists under its name.
 *
 * @throws IntegrityError
 */
export function requireListed(
  { model, version, files }: Manifest,
  found: ContentDigest & { name: string },
  { place, hint }: { place: string; hint: string },
): void {
  const { size, sha256 } = files.find(({ name }) => name === found.name)!;
  if (found.size === size && found.sha256 === sha256) return;
  const what =
    found.size === size
      ? `its content has changed (SHA-256 ${found.sha256} instead of ${sha256})`
      : `it has ${found.size} bytes instead of ${size}`;
  throw new IntegrityError(
    `${found.name} in ${place} is not the file that the manifest of ${model} ${version} lists: ${what}`,
    { hint },
  );
}

/**
 * The same for files in a folder.
 *
 * @throws NotFoundError when one cannot be read
 */
export function verifyModelFolder(folder: string, manifest: Manifest, hint: string): Promise<void> {
  const place = `"${folder}"`;
  const digestOf = (name: string) =>
    sha256OfFile(join(folder, name)).catch((cause: unknown) => {
      throw new NotFoundError(`${place} has no ${name}, which its manifest lists`, { cause, hint });
    });
  return verifyModelFiles(manifest, { place, hint, digestOf });
}
