import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3 } from '../../src/services/s3/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

let local: LocalAws;
let s3: S3Client;
const Bucket = 'objects';

beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => local.stop());

const text = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Body!.transformToString();
};

describe('objects', () => {
  it('come back as they were put, with type, metadata, ETag and length', async () => {
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'notes/a.txt',
        Body: 'hello',
        ContentType: 'text/plain',
        CacheControl: 'no-store',
        Metadata: { Colour: 'blue' },
      }),
    );

    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'notes/a.txt' }));

    expect(put.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await got.Body!.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentLength: 5,
      Metadata: { colour: 'blue' },
      AcceptRanges: 'bytes',
    });
  });

  it.each([
    'with space.txt',
    'ümläut/größe.png',
    'a+b=c&d?e#f.txt',
    '100% wool.txt',
    '%2F/%41.txt',
    'emoji/🍌.png',
    'dots/../up/./here.txt',
    'double//slash/',
    "quote'(star)*!~.txt",
    '<xml>&"amp";.txt',
  ])('keep the key %s', async (Key) => {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));

    expect(await text(Key)).toBe(Key);
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    expect(listed.Contents?.map((one) => one.Key)).toEqual([Key]);
  });

  it('answer byte ranges with 206 and the range', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'range', Body: '0123456789' }));
    const read = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }));
      return [got.$metadata.httpStatusCode, got.ContentRange, await got.Body!.transformToString()];
    };

    expect(await read('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await read('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await read('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await read('bytes=0-99')).toEqual([206, 'bytes 0-9/10', '0123456789']);
    await expect(read('bytes=10-')).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
  });

  it('may be empty', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));

    expect(await text('empty')).toBe('');
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'empty' }));
    expect(head).toMatchObject({ ContentLength: 0, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' });
  });

  it('may come as a stream of known length', async () => {
    const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);

    await s3.send(new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: 140_000 }));

    expect(await text('stream')).toBe('a'.repeat(70_000) + 'b'.repeat(70_000));
  });

  it.each([
    ['GetObject of a missing key', () => new GetObjectCommand({ Bucket, Key: 'none' }), 'NoSuchKey', 404],
    ['HeadObject of a missing key', () => new HeadObjectCommand({ Bucket, Key: 'none' }), 'NotFound', 404],
    [
      'PutObject in a missing bucket',
      () => new PutObjectCommand({ Bucket: 'nowhere', Key: 'a', Body: 'a' }),
      'NoSuchBucket',
      404,
    ],
    [
      'a version that is not there',
      () => new GetObjectCommand({ Bucket, Key: 'empty', VersionId: 'x' }),
      'NoSuchVersion',
      404,
    ],
    [
      'a key beyond 1,024 bytes',
      () => new PutObjectCommand({ Bucket, Key: 'ü'.repeat(513), Body: '' }),
      'KeyTooLongError',
      400,
    ],
    [
      'metadata beyond 2 KB',
      () => new PutObjectCommand({ Bucket, Key: 'm', Body: '', Metadata: { a: 'x'.repeat(2048) } }),
      'MetadataTooLarge',
      400,
    ],
    [
      'a public ACL',
      () => new PutObjectCommand({ Bucket, Key: 'acl', Body: '', ACL: 'public-read' }),
      'AccessControlListNotSupported',
      400,
    ],
  ])('refuse %s', async (_what, command, name, httpStatusCode) => {
    await expect(s3.send(command() as GetObjectCommand)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode },
    });
  });
});
