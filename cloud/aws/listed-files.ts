import type { S3Client } from '@aws-sdk/client-s3';
import { isLitter } from '#core/image-files.ts';
import { listObjects } from './objects.ts';

/** An object as the file or folder that it will be on the disk of a training job. */
export interface ListedFile {
  key: string;
  /** The key below the prefix. */
  id: string;
  /** Names of the folders that it lies in, below the prefix; of a folder, its own name too. */
  folders: string[];
  /** Whether it only marks a folder, as S3's console makes them: its key ends with a slash. */
  isFolder: boolean;
  size: number;
  /** Without quotes. */
  etag: string;
  /** When it was written, milliseconds since 1970. */
  modified: number;
}

/** Everything below a prefix, which ends with a slash, but what operating systems leave behind. */
export async function listFiles(s3: S3Client, bucket: string, prefix: string): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const { key, size, etag, modified } of listObjects(s3, bucket, prefix)) {
    const id = key.slice(prefix.length);
    const names = id.split('/');
    if (id === '' || names.some(isLitter)) continue;
    const isFolder = names.at(-1) === '';
    files.push({ key, id, folders: names.slice(0, -1), isFolder, size, etag, modified });
  }
  return files;
}
