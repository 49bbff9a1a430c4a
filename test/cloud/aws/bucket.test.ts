import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { recordingClient, serviceError } from '../recording-client.ts';

const schema = z.strictObject({ count: z.number() });
const modified = new Date('2026-11-23T17:00:00Z');

function bucketWith(answers: Parameters<typeof recordingClient>[0]) {
  const s3 = recordingClient<S3Client>(answers);
  return { s3, bucket: new Bucket(s3.client, 'artifacts') };
}
const object = (text: string) => ({
  Body: { transformToByteArray: async () => new TextEncoder().encode(text) },
  ETag: '"1"',
  LastModified: modified,
});
const listOf = (...keys: string[]) => ({
  Contents: keys.map((Key) => ({ Key, Size: 1, ETag: '"1"', LastModified: modified })),
});

describe('a bucket', () => {
  test('lists every page of its objects and of its folders', async () => {
    const { s3, bucket } = bucketWith({
      ListObjectsV2: ({
        ContinuationToken,
        Delimiter,
      }: {
        ContinuationToken?: string;
        Delimiter?: string;
      }) => {
        const page = ContinuationToken === undefined ? 'a/1' : 'a/2';
        const found = Delimiter === undefined ? listOf(page) : { CommonPrefixes: [{ Prefix: `${page}/` }] };
        return { ...found, ...(page === 'a/1' ? { NextContinuationToken: 'more' } : {}) };
      },
    });

    const keys: string[] = [];
    for await (const { key } of bucket.list('a/')) keys.push(key);

    expect(keys).toEqual(['a/1', 'a/2']);
    expect(await bucket.folders('a/')).toEqual(['1', '2']);
    expect(s3.inputsOf('ListObjectsV2')).toHaveLength(4);
  });

  test.each([
    ['a.json', modified.getTime()],
    ['a', undefined],
  ])(
    'knows when %s itself was written, and not an object whose key only begins with it',
    async (key, time) => {
      const { bucket } = bucketWith({ ListObjectsV2: listOf('a.json', 'a.json.old') });

      expect(await bucket.modifiedAt(key)).toBe(time);
    },
  );

  test('leaves out a JSON object that is removed while the bucket is listed', async () => {
    const { bucket } = bucketWith({
      ListObjectsV2: listOf('a/1', 'a/2'),
      GetObject: ({ Key }: { Key: string }) =>
        Key === 'a/1' ? serviceError('NoSuchKey', 'no') : object('{"count": 2}'),
    });

    const values: unknown[] = [];
    for await (const { value } of bucket.listJson('a/', schema)) values.push(value);

    expect(values).toEqual([{ count: 2 }]);
  });

  test('names an object that is missing or has another form', async () => {
    const missing = bucketWith({ GetObject: serviceError('NoSuchKey', 'no') }).bucket;
    const wrong = bucketWith({ GetObject: object('{"count": "two"}') }).bucket;

    expect(await missing.findJson('a', schema)).toBeUndefined();
    await expect(missing.readJson('a', schema)).rejects.toMatchObject({
      name: 'NotFound',
      message: 'There is no s3://artifacts/a',
    });
    await expect(wrong.findJson('a', schema)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/s3:\/\/artifacts\/a.*count/),
    });
  });

  test.each([
    [{}, true],
    [serviceError('PreconditionFailed', 'exists'), false],
    [serviceError('ConditionalRequestConflict', 'another write'), false],
  ])('says whether a conditional write has happened: %#', async (answer, written) => {
    const { s3, bucket } = bucketWith({ PutObject: answer });

    expect(await bucket.writeJsonIf({ ifNoneMatch: '*' }, 'a', { count: 1 })).toBe(written);
    expect(s3.inputsOf('PutObject')[0]).toMatchObject({ Bucket: 'artifacts', Key: 'a', IfNoneMatch: '*' });
  });

  test('passes on other errors of a conditional write', async () => {
    const { bucket } = bucketWith({ PutObject: serviceError('AccessDenied', 'no') });

    await expect(bucket.writeJsonIf({ ifMatch: '"1"' }, 'a', {})).rejects.toThrow('no');
  });
});
