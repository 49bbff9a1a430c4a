import { join, resolve } from 'node:path';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { NotFoundError } from '#core/errors.ts';
import { verifyModelFolder } from '#core/model-files.ts';
import { parseJson } from '#core/parse.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { leftWorkOf } from './left-work.ts';

/** Bytes of a manifest at the most: ten thousand labels of a hundred letters each need less. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** A general model as `graft train` leaves it on disk. */
export interface ModelFolder {
  folder: string;
  manifest: Manifest;
  /** The bytes that are signed and uploaded. */
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

/** @throws NotFoundError, IntegrityError when a file is missing or is not what the manifest says */
export const verifyFiles = ({ folder, manifest }: ModelFolder): Promise<void> =>
  verifyModelFolder(folder, manifest, 'Copy the folder again from where it was trained, or train again.');
