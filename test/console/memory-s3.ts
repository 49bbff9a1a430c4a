import type { S3Client } from '@aws-sdk/client-s3';
import { serviceError } from '../cloud/recording-client.ts';

interface Input {
  Bucket: string;
  Key: string;
  Body: string;
  Prefix?: string;
  Delimiter?: string;
  MaxKeys?: number;
  ContinuationToken?: string;
}

/**
 * S3 in memory, for tests of many objects: it reads, writes and lists as the console does. Keys are listed
 * in their order, folders as common prefixes, in pages.
 */
export function memoryS3(): S3Client {
  const objects = new Map<string, { body: string; modified: Date }>();
  const operations: Record<string, (input: Input) => unknown> = {
    CreateBucket: () => ({}),
    PutObject({ Bucket, Key, Body }) {
      objects.set(`${Bucket}/${Key}`, { body: Body, modified: new Date() });
      return {};
    },
    GetObject({ Bucket, Key }) {
      const found = objects.get(`${Bucket}/${Key}`);
      if (found === undefined) throw serviceError('NoSuchKey', `There is no ${Key}`);
      const bytes = Buffer.from(found.body);
      return { ETag: '"e"', LastModified: found.modified, Body: { transformToByteArray: async () => bytes } };
    },
    HeadObject({ Bucket, Key }) {
      const found = objects.get(`${Bucket}/${Key}`);
      if (found === undefined) throw serviceError('NotFound', `There is no ${Key}`);
      return { ETag: '"e"', ContentLength: found.body.length };
    },
    ListObjectsV2({ Bucket, Prefix = '', Delimiter, MaxKeys = 1000, ContinuationToken = '' }) {
      const below = `${Bucket}/${Prefix}`;
      const names = [...objects.keys()]
        .filter((key) => key.startsWith(below))
        .map((key) => {
          const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, below.length);
          return key.slice(Bucket.length + 1, end === -1 ? undefined : end + 1);
        });
      const after = [...new Set(names)].sort().filter((name) => name > ContinuationToken);
      const shown = after.slice(0, MaxKeys);
      const isFolder = (name: string) => Delimiter !== undefined && name.endsWith(Delimiter);
      return {
        Contents: shown
          .filter((name) => !isFolder(name))
          .map((Key) => {
            const { body, modified } = objects.get(`${Bucket}/${Key}`)!;
            return { Key, Size: body.length, ETag: '"e"', LastModified: modified };
          }),
        CommonPrefixes: shown.filter(isFolder).map((name) => ({ Prefix: name })),
        ...(after.length > shown.length ? { NextContinuationToken: shown.at(-1) } : {}),
      };
    },
  };
  const send = async (command: { constructor: { name: string }; input: Input }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const answer = operations[operation];
    if (answer === undefined) throw new Error(`S3 in memory does not know ${operation}`);
    return answer(command.input);
  };
  return { send } as unknown as S3Client;
}
