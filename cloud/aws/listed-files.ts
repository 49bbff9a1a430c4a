import { isLitter } from '#core/image-files.ts';
import type { Bucket } from './bucket.ts';

/** An object of a bucket, as the file or folder that a training job finds on its disk. */
export interface ListedFile {
  key: string;
  /** The key without the prefix. */
  id: string;
  /** Names of the folders that it is in, below the prefix; for a folder, its own name too. */
  folders: string[];
  /** Whether it only marks a folder, as S3's console makes them. Its key then ends with a slash. */
  isFolder: boolean;
  size: number;
  /** Without quotes. */
  etag: string;
  /** When it was written, milliseconds since 1970. */
  modified: number;
}

/**
 * All files below a prefix (which ends with a slash), except those that operating systems add by themselves.
 */
export async function listFiles(bucket: Bucket, prefix: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const { key, size, etag, modified } of bucket.list(prefix)) {
    const id = key.slice(prefix.length);
    const names = id.split('/');
    if (id === '' || names.some(isLitter)) continue;
    const isFolder = names.at(-1) === '';
    files.push({ key, id, folders: names.slice(0, -1), isFolder, size, etag, modified });
  }
  return files;
}
