import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDigest } from '../../src/services/s3/checksums/algorithms.ts';
import { pattern, type Storage, startStorage } from './bucket.ts';

const MB = 1024 * 1024;
let storage: Storage;
const Bucket = 'multipart';

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Enabled' });
});
afterAll(() => storage.stop());

const begin = async (Key: string, options: Partial<CreateMultipartUploadCommandInput> = {}) => {
  const { UploadId } = await storage.s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...options }));
  const { ChecksumAlgorithm } = options;
  const part = async (PartNumber: number, Body: Uint8Array): Promise<CompletedPart> => {
    const sent = await storage.s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }),
    );
    const { ETag, ChecksumCRC32, ChecksumSHA256 } = sent;
    return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 };
  };
  const complete = (Parts: CompletedPart[], more: object = {}) =>
    storage.s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
    );
  return { UploadId, part, complete };
};

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('a multipart upload', () => {
  it('by lib-storage becomes one object with a composite checksum', async () => {
    const body = pattern(12 * MB + 17);
    const upload = new Upload({
      client: storage.s3,
      params: { Bucket, Key: 'lib', Body: body, ContentType: 'model/x', ChecksumAlgorithm: 'SHA256' },
      partSize: 5 * MB,
    });

    const done = await upload.done();

    const parts = [body.subarray(0, 5 * MB), body.subarray(5 * MB, 10 * MB), body.subarray(10 * MB)];
    const md5s = Buffer.concat(parts.map((part) => createHash('md5').update(part).digest()));
    expect(done.ETag).toBe(`"${createHash('md5').update(md5s).digest('hex')}-3"`);
    expect(done.ChecksumSHA256).toBe(`${sha256(Buffer.concat(parts.map(sha256))).toString('base64')}-3`);
    const got = await storage.s3.send(new GetObjectCommand({ Bucket, Key: 'lib', ChecksumMode: 'ENABLED' }));
    expect(got).toMatchObject({
      ContentType: 'model/x',
      ChecksumSHA256: done.ChecksumSHA256,
      ChecksumType: 'COMPOSITE',
    });
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(body)).toBe(true);
  });

  it('gives ranges across its parts, and each part by number', async () => {
    const body = pattern(12 * MB + 17);
    const range = await storage.s3.send(
      new GetObjectCommand({ Bucket, Key: 'lib', Range: `bytes=${5 * MB - 10}-${10 * MB + 9}` }),
    );
    const part = await storage.s3.send(new GetObjectCommand({ Bucket, Key: 'lib', PartNumber: 3 }));

    expect(
      Buffer.from(await range.Body!.transformToByteArray()).equals(body.subarray(5 * MB - 10, 10 * MB + 10)),
    ).toBe(true);
    expect(part).toMatchObject({ PartsCount: 3, ContentLength: 2 * MB + 17 });
    expect(Buffer.from(await part.Body!.transformToByteArray()).equals(body.subarray(10 * MB))).toBe(true);
    await expect(
      storage.s3.send(new GetObjectCommand({ Bucket, Key: 'lib', PartNumber: 4 })),
    ).rejects.toMatchObject({ name: 'InvalidPartNumber' });
  });

  it('tells its parts in GetObjectAttributes', async () => {
    const found = await storage.s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'lib',
        ObjectAttributes: ['ETag', 'Checksum', 'ObjectParts', 'ObjectSize'],
      }),
    );

    expect(found).toMatchObject({
      ObjectSize: 12 * MB + 17,
      Checksum: { ChecksumType: 'COMPOSITE' },
      ObjectParts: { TotalPartsCount: 3 },
    });
    expect(found.ObjectParts?.Parts?.map((part) => part.Size)).toEqual([5 * MB, 5 * MB, 2 * MB + 17]);
  });

  it('with a full-object checksum has the checksum of all its bytes', async () => {
    const body = pattern(5 * MB + 100);
    const { part, complete } = await begin('full', {
      ChecksumAlgorithm: 'CRC32',
      ChecksumType: 'FULL_OBJECT',
    });
    const parts = [await part(1, body.subarray(0, 5 * MB)), await part(2, body.subarray(5 * MB))];

    const done = await complete(parts);

    const digest = createDigest('CRC32');
    digest.update(body);
    expect(done).toMatchObject({
      ChecksumCRC32: digest.digest().toString('base64'),
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it('is invisible until it is complete, takes its parts in any order, and the last of a number', async () => {
    const first = pattern(5 * MB);
    const { part, complete, UploadId } = await begin('order', { Metadata: { a: 'b' } });
    const second = await part(7, Buffer.from('tail'));
    await part(2, Buffer.from('replaced'));
    const replaced = await part(2, first);
    await expect(storage.s3.send(new HeadObjectCommand({ Bucket, Key: 'order' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    const listed = await storage.s3.send(
      new ListPartsCommand({ Bucket, Key: 'order', UploadId, MaxParts: 1 }),
    );
    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    expect(listed.Parts).toMatchObject([{ PartNumber: 2, Size: 5 * MB }]);

    await complete([replaced, second]);

    // The parts came with CRC-32, the SDK's default; the object has S3's own checksum, which the client
    // verifies.
    const got = await storage.s3.send(
      new GetObjectCommand({ Bucket, Key: 'order', ChecksumMode: 'ENABLED' }),
    );
    expect(got).toMatchObject({
      ContentLength: 5 * MB + 4,
      Metadata: { a: 'b' },
      ChecksumCRC64NVME: expect.any(String),
      ChecksumType: 'FULL_OBJECT',
    });
    const bytes = Buffer.from(await got.Body!.transformToByteArray());
    expect(bytes.equals(Buffer.concat([first, Buffer.from('tail')]))).toBe(true);
  });

  it('completed twice gives its result twice', async () => {
    const { part, complete } = await begin('twice');
    const parts = [await part(1, Buffer.from('one'))];

    const once = await complete(parts);
    const twice = await complete(parts);

    expect(twice).toMatchObject({ ETag: once.ETag, VersionId: once.VersionId });
  });

  it('may be complete only if its key is still free', async () => {
    const { part, complete } = await begin('lock');
    const parts = [await part(1, Buffer.from('one'))];
    await storage.s3.send(new PutObjectCommand({ Bucket, Key: 'lock', Body: 'meanwhile' }));

    await expect(complete(parts, { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
  });

  it('with small, unknown, unordered or unlisted parts is refused', async () => {
    const { part, complete } = await begin('bad', { ChecksumAlgorithm: 'SHA256' });
    const one = await part(1, Buffer.from('small'));
    const two = await part(2, Buffer.from('last'));

    await expect(complete([one, two])).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await expect(complete([two, one])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([{ ...one, PartNumber: 3 }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete([{ ...one, ETag: '"0"' }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete([{ ...one, ChecksumSHA256: two.ChecksumSHA256 }])).rejects.toMatchObject({
      name: 'InvalidPart',
    });
    await expect(complete([{ ...one, ChecksumSHA256: undefined }])).rejects.toThrow(
      /must include the checksum for each part/,
    );
    await expect(complete([])).rejects.toMatchObject({ name: 'MalformedXML' });
  });

  it('that is aborted is gone', async () => {
    const { UploadId, part } = await begin('aborted');
    await part(1, Buffer.from('one'));
    const uploads = async () =>
      (await storage.s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'aborted' }))).Uploads ?? [];
    expect(await uploads()).toMatchObject([{ Key: 'aborted', UploadId }]);

    await storage.s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId }));

    expect(await uploads()).toEqual([]);
    await expect(part(2, Buffer.from('late'))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('takes parts from other objects', async () => {
    await storage.s3.send(new PutObjectCommand({ Bucket, Key: 'source ö+%', Body: '0123456789' }));
    const { UploadId, complete } = await begin('copied');
    const copied = await storage.s3.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'copied',
        UploadId,
        PartNumber: 1,
        CopySource: `${Bucket}/${encodeURIComponent('source ö+%')}`,
        CopySourceRange: 'bytes=2-5',
      }),
    );

    await complete([{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }]);

    const got = await storage.s3.send(new GetObjectCommand({ Bucket, Key: 'copied' }));
    expect(await got.Body!.transformToString()).toBe('2345');
  });
});
