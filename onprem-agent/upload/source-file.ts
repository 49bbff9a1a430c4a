import type { ContentDigest } from '#core/digest.ts';
import { partSizeFor } from '../aws/checksum.ts';
import { digestFile } from './digest-file.ts';

/** A file on disk that is uploaded in parts, and checked while it is. */
export interface SourceFile {
  path: string;
  /** Bytes, as they are meant to be. */
  size: number;
  /** Bytes of every part but the last. */
  partSize: number;
  /** At least one. */
  partCount: number;
  /** SHA-256 of a part in base64, as soon as it is known: the first one before the last one is read. */
  digestOf(index: number): Promise<string>;
  /** Those of all parts, when the whole file has been read and is what it should be. */
  digests(): Promise<string[]>;
}

/**
 * A file whose digests are computed in one pass, which begins when the first one is asked for. Parts can be
 * sent meanwhile: what is put together in the end has passed `check`.
 *
 * @param size of the file, as it should be
 * @param check throws when the whole is not what it should be; then all digests that are not known fail, too
 */
export function sourceFile(
  { path, size }: { path: string; size: number },
  check: (found: ContentDigest) => void,
  signal: AbortSignal,
): SourceFile {
  const partSize = partSizeFor(size);
  const partCount = Math.max(1, Math.ceil(size / partSize));
  const parts = Array.from({ length: partCount }, () => new Deferred<string>());
  let whole: Promise<string[]> | undefined;
  const digests = () => {
    whole ??= digestAll();
    whole.catch(() => {});
    return whole;
  };
  async function digestAll(): Promise<string[]> {
    let known = 0;
    try {
      check(
        await digestFile(path, { partSize, onPart: (digest) => parts[known++]?.resolve(digest) }, signal),
      );
      return await Promise.all(parts.map(({ promise }) => promise));
    } catch (error) {
      for (const part of parts) part.reject(error);
      throw error;
    }
  }
  return {
    ...{ path, size, partSize, partCount, digests },
    digestOf(index) {
      void digests();
      return parts[index]!.promise;
    },
  };
}

class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // Not everybody who could ask does.
    this.promise.catch(() => {});
  }
}
