import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Storage, startStorage } from './bucket.ts';

let storage: Storage;
const Bucket = 'versions';

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Enabled', plain: 'Off' });
});
afterAll(() => storage.stop());

const put = (Key: string, Body: string, bucket = Bucket) =>
  storage.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const read = async (Key: string, VersionId?: string, bucket = Bucket) => {
  const { Body } = await storage.s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }));
  return Body!.transformToString();
};
const remove = (Key: string, VersionId?: string, bucket = Bucket) =>
  storage.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));

describe('with versioning', () => {
  it('every version stays readable by its id', async () => {
    const one = await put('a', 'one');
    const two = await put('a', 'two');

    expect(one.VersionId).toHaveLength(32);
    expect(await read('a')).toBe('two');
    expect(await read('a', one.VersionId)).toBe('one');
    expect(await read('a', two.VersionId)).toBe('two');
  });

  it('a deletion is a marker, whose deletion brings the object back', async () => {
    await put('b', 'one');
    const marker = await remove('b');

    expect(marker).toMatchObject({ DeleteMarker: true });
    await expect(read('b')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(read('b', marker.VersionId)).rejects.toMatchObject({
      name: 'MethodNotAllowed',
      $metadata: { httpStatusCode: 405 },
    });
    const listed = await storage.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'b' }));
    expect(listed.KeyCount).toBe(0);

    expect(await remove('b', marker.VersionId)).toMatchObject({ DeleteMarker: true });
    expect(await read('b')).toBe('one');
  });

  it('a version that is deleted by its id is gone for good', async () => {
    const one = await put('c', 'one');
    await put('c', 'two');

    await remove('c', one.VersionId);

    await expect(read('c', one.VersionId)).rejects.toMatchObject({ name: 'NoSuchVersion' });
    expect(await read('c')).toBe('two');
  });

  it('lists versions and markers, the newest first, in pages', async () => {
    const one = await put('list/x', '1');
    const two = await put('list/x', '2');
    const marker = await remove('list/x');
    const other = await put('list/y', '3');
    const seen: (string | undefined)[] = [];
    let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
    do {
      const page = await storage.s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: 'list/', MaxKeys: 1, ...markers }),
      );
      seen.push(...(page.Versions ?? []).map((version) => version.VersionId));
      seen.push(...(page.DeleteMarkers ?? []).map((version) => version.VersionId));
      markers = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker!, VersionIdMarker: page.NextVersionIdMarker! }
        : {};
    } while (markers.KeyMarker !== undefined);

    expect(seen).toEqual([marker.VersionId, two.VersionId, one.VersionId, other.VersionId]);
  });

  it('many objects are deleted at once, missing ones included', async () => {
    const one = await put('many/1', '1');
    await put('many/2', '2');

    const { Deleted, Errors } = await storage.s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: {
          Objects: [{ Key: 'many/1', VersionId: one.VersionId }, { Key: 'many/2' }, { Key: 'many/none' }],
        },
      }),
    );

    expect(Errors ?? []).toEqual([]);
    expect(Deleted).toEqual([
      { Key: 'many/1', VersionId: one.VersionId },
      { Key: 'many/2', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
      { Key: 'many/none', DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
    ]);
    await expect(read('many/1')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('suspended, new objects replace each other as version null, and older ones stay', async () => {
    const kept = await put('suspended', 'kept');
    await storage.s3.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    await put('suspended', 'null one');
    await put('suspended', 'null two');

    expect(await read('suspended')).toBe('null two');
    expect(await read('suspended', 'null')).toBe('null two');
    expect(await read('suspended', kept.VersionId)).toBe('kept');
    const { Versions } = await storage.s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: 'suspended' }),
    );
    expect(Versions?.map((version) => version.VersionId)).toEqual(['null', kept.VersionId]);
    await storage.s3.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  });
});

describe('without versioning', () => {
  it('an object is replaced and deleted for good, and no version id is told', async () => {
    expect((await put('a', 'one', 'plain')).VersionId).toBeUndefined();
    await put('a', 'two', 'plain');
    expect(await read('a', undefined, 'plain')).toBe('two');
    expect(await remove('a', undefined, 'plain')).not.toHaveProperty('DeleteMarker', true);

    await expect(read('a', undefined, 'plain')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await storage.s3.send(new GetBucketVersioningCommand({ Bucket: 'plain' }))).not.toHaveProperty(
      'Status',
    );
    const { Versions } = await storage.s3.send(new ListObjectVersionsCommand({ Bucket: 'plain' }));
    expect(Versions ?? []).toEqual([]);
  });

  it('a reader that has begun gets the object to its end, although it is replaced', async () => {
    const big = 'x'.repeat(3_000_000);
    await put('big', big, 'plain');
    const { Body } = await storage.s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'big' }));

    await put('big', 'small', 'plain');

    expect(await Body!.transformToString()).toBe(big);
    expect(await read('big', undefined, 'plain')).toBe('small');
  });
});
