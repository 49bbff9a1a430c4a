import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { IntegrityError, InvalidInputError } from '#core/errors.ts';
import type { Bucket } from './bucket.ts';

interface Unpacking {
  /** Names within the archive, without a leading `./`. */
  members: readonly string[];
  /** Where they are written, under their names. */
  folder: string;
  /** Bytes that one of them may have. */
  limit: number;
}

/**
 * Writes some files of a `tar.gz` in S3 to a folder. The archive is read as a stream; S3's own errors pass
 * through.
 *
 * @throws InvalidInputError when a file is larger than the limit
 * @throws IntegrityError when the archive is damaged or lacks one of the files
 */
export async function unpackMembers(
  bucket: Bucket,
  key: string,
  { members, folder, limit }: Unpacking,
): Promise<void> {
  const archive = await bucket.stream(key);
  const tar = extract();
  const missing = new Set(members);
  // Which of the two below fails first is chance.
  let refused: InvalidInputError | undefined;
  const written = (async () => {
    for await (const entry of tar) {
      const { name, size = 0 } = entry.header;
      const member = name.replace(/^\.\//, '');
      if (!missing.has(member)) {
        entry.resume();
        continue;
      }
      if (size > limit) {
        refused = new InvalidInputError(`${member} has ${size} bytes; the limit is ${limit}`);
        throw refused;
      }
      await pipeline(entry, createWriteStream(join(folder, member)));
      missing.delete(member);
    }
  })();
  try {
    await Promise.all([pipeline(archive, createGunzip(), tar), written]);
  } catch (cause) {
    throw refused ?? new IntegrityError(`${bucket.uri(key)} is not a complete tar.gz`, { cause });
  }
  if (missing.size > 0) {
    throw new IntegrityError(`${bucket.uri(key)} does not contain ${[...missing].join(' and ')}`);
  }
}
