import { join, resolve } from 'node:path';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { sha256OfFile } from '#core/digest.ts';
import { IntegrityError, NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { leftWorkOf } from './left-work.ts';

/** Of the manifest: ten thousand labels of a hundred letters each need less. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** A general model as `graft train` leaves it on disk. */
export interface ModelFolder {
  folder: string;
  manifest: Manifest;
  /** The very bytes that are signed and uploaded. */
  manifestBytes: Buffer;
  /** Content of `manifest.sig`, when there is one. */
  signature: string | undefined;
}

/**
 * @throws NotFoundError when the folder has no manifest
 * @throws InvalidInputError when the manifest is not valid
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const manifestBytes = await readRegularFile(join(folder, 'manifest.json'), MAXIMUM_BYTES).catch(
    async (cause: unknown) => {
      const [left] = await leftWorkOf(resolve(folder));
      throw new NotFoundError(`"${folder}" has no manifest.json`, {
        cause,
        hint:
          left === undefined
            ? 'Give the folder that `graft train --out` wrote.'
            : `A run of \`graft train\` was killed while it worked on it: look into "${left}", or start it again, which puts in its place what is complete there.`,
      });
    },
  );
  const manifest = parseJson(
    manifestSchema,
    manifestBytes.toString('utf8'),
    `manifest.json in "${folder}"`,
    'Train again with this version of graft; a manifest is not edited by hand.',
  );
  const signature = await readRegularFile(join(folder, 'manifest.sig'), MAXIMUM_BYTES).then(
    (bytes) => bytes.toString('utf8'),
    () => undefined,
  );
  return { folder, manifest, manifestBytes, signature };
}

/**
 * @throws NotFoundError when a file of the manifest is missing
 * @throws IntegrityError when one is not what the manifest says
 */
export async function verifyModelFolder({ folder, manifest }: ModelFolder): Promise<void> {
  const hint = 'Copy the folder again from where it was trained, or train again.';
  for (const file of manifest.files) {
    const found = await sha256OfFile(join(folder, file.name)).catch((cause: unknown) => {
      throw new NotFoundError(`"${folder}" has no ${file.name}, which its manifest lists`, { cause, hint });
    });
    if (found.size !== file.size || found.sha256 !== file.sha256) {
      const what =
        found.size === file.size ? 'its content has changed' : `${found.size} bytes instead of ${file.size}`;
      throw new IntegrityError(`${file.name} in "${folder}" is not the file of its manifest: ${what}`, {
        hint,
      });
    }
  }
}
