import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identicalObjects } from '#cloud/data/identical-objects.ts';
import { buckets, type Stage, startStage } from '../../functions/stage.ts';

let stage: Stage;
const asked: string[] = [];
beforeAll(async () => {
  stage = await startStage();
  stage.s3.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        asked.push(commandName!);
        return next(args);
      },
    { step: 'initialize' },
  );
});
afterAll(() => stage.stop());

let prefix: string;
let count = 0;
beforeEach(() => {
  prefix = `folder-${++count}/`;
});
const put = (key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
  stage.s3.send(new PutObjectCommand({ Bucket: buckets.data, Key: prefix + key, Body, ...more }));
/** In parts, so that its ETag is of another kind. */
async function putInParts(key: string, Body: string) {
  const target = { Bucket: buckets.data, Key: prefix + key };
  const { UploadId } = await stage.s3.send(new CreateMultipartUploadCommand(target));
  const { ETag } = await stage.s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await stage.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
}
/** Groups of names, and what S3 was asked to find them. */
async function find(etagOf = (etag: string, _key: string) => etag) {
  const objects = [];
  for await (const object of stage.data.list(prefix)) {
    objects.push({ ...object, etag: etagOf(object.etag, object.key) });
  }
  asked.length = 0;
  const groups = await identicalObjects(stage.data, objects);
  return {
    groups: groups.map((group) => group.map(({ key }) => key.slice(prefix.length))),
    asked: [...new Set(asked)].sort(),
  };
}
/** As with a KMS key: of MD5's form, and another for every object. */
const random = (_etag: string, key: string) => Buffer.from(key).toString('hex').padStart(32, '0').slice(-32);

describe('identicalObjects', () => {
  test('needs no request for objects of different sizes', async () => {
    await put('a', 'one');
    await put('b', 'three');

    expect(await find()).toEqual({ groups: [], asked: [] });
  });

  test('needs no request where all of one size have the same ETag', async () => {
    await put('a', 'same');
    await put('b', 'other');
    await put('c', 'same');

    expect(await find()).toEqual({ groups: [['a', 'c']], asked: [] });
  });

  test('tells objects apart by the checksums that S3 keeps, without reading them', async () => {
    for (const key of ['a', 'b', 'c']) await put(key, `text ${key}`, { ChecksumAlgorithm: 'CRC32' });

    expect(await find()).toEqual({ groups: [], asked: ['HeadObjectCommand'] });
  });

  test('finds identical objects with different ETags by SHA-256, without reading them', async () => {
    for (const key of ['a', 'b']) await put(key, 'same', { ChecksumAlgorithm: 'SHA256' });
    await put('c', 'else', { ChecksumAlgorithm: 'SHA256' });

    expect(await find(random)).toEqual({ groups: [['a', 'b']], asked: ['HeadObjectCommand'] });
  });

  test('reads objects of which only a weaker checksum is the same', async () => {
    for (const key of ['a', 'b']) await put(key, 'same', { ChecksumAlgorithm: 'CRC32' });
    await put('c', 'else', { ChecksumAlgorithm: 'CRC32' });

    expect(await find(random)).toEqual({
      groups: [['a', 'b']],
      asked: ['GetObjectCommand', 'HeadObjectCommand'],
    });
  });

  test('reads objects that were uploaded in parts, or have checksums of different kinds', async () => {
    await put('a', 'same', { ChecksumAlgorithm: 'SHA256' });
    await put('b', 'same', { ChecksumAlgorithm: 'CRC32' });
    await putInParts('c', 'same');
    await put('d', 'else', { ChecksumAlgorithm: 'SHA1' });

    expect(await find(random)).toMatchObject({ groups: [['a', 'b', 'c']] });
  });

  test('keeps the order of the listing, and leaves out empty objects', async () => {
    for (const [key, text] of [
      ['1', 'xx'],
      ['2', 'abc'],
      ['3', 'abc'],
      ['4', 'xx'],
      ['5', ''],
      ['6', ''],
    ] as const) {
      await put(key, text);
    }

    expect((await find()).groups).toEqual([
      ['1', '4'],
      ['2', '3'],
    ]);
  });
});
