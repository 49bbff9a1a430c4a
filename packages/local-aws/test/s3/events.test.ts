import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pattern, SOON, type Storage, startStorage } from './bucket.ts';

let storage: Storage;
const Bucket = 'told';

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Enabled', silent: 'Off' });
  await storage.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
});
afterAll(() => storage.stop());

const eventsOf = (key: string) =>
  storage.events.filter((event) => (event.detail.object as { key: string }).key === key);

describe('a bucket with EventBridge', () => {
  it('tells of a new object in S3’s exact form', async () => {
    const Key = 'orders/shoes/1 a+ö/invoice.json';
    const put = await storage.s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}' }));
    await expect.poll(() => eventsOf(Key), SOON).toHaveLength(1);

    expect(eventsOf(Key)[0]).toEqual({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      resources: [`arn:aws:s3:::${Bucket}`],
      detail: {
        version: '0',
        bucket: { name: Bucket },
        object: {
          key: Key,
          size: 2,
          etag: put.ETag?.replaceAll('"', ''),
          'version-id': put.VersionId,
          sequencer: expect.stringMatching(/^[0-9A-F]{16,}$/),
        },
        'request-id': put.$metadata.requestId,
        requester: '000000000000',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    });
  });

  it('names the reason of copies, multipart uploads and deletions, in order', async () => {
    const Key = 'story';
    await new Upload({ client: storage.s3, params: { Bucket, Key, Body: pattern(6_000_000) } }).done();
    await storage.s3.send(
      new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${Key}`, MetadataDirective: 'REPLACE' }),
    );
    const marker = await storage.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await storage.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId: marker.VersionId }] } }),
    );
    await expect.poll(() => eventsOf(Key), SOON).toHaveLength(4);

    const told = eventsOf(Key);
    expect(
      told.map((event) => [event['detail-type'], event.detail.reason, event.detail['deletion-type']]),
    ).toEqual([
      ['Object Created', 'CompleteMultipartUpload', undefined],
      ['Object Created', 'CopyObject', undefined],
      ['Object Deleted', 'DeleteObject', 'Delete Marker Created'],
      ['Object Deleted', 'DeleteObject', 'Permanently Deleted'],
    ]);
    const sequencers = told.map((event) => (event.detail.object as { sequencer: string }).sequencer);
    expect(sequencers).toEqual([...sequencers].sort());
    expect(new Set(sequencers).size).toBe(4);
  });

  it('is silent about what failed, and about other buckets', async () => {
    await storage.s3.send(new PutObjectCommand({ Bucket: 'silent', Key: 'quiet', Body: 'x' }));
    await storage.s3
      .send(new PutObjectCommand({ Bucket, Key: 'quiet', Body: 'x', ContentMD5: 'XUFAKrxLKna5cZ2REBfFkg==' }))
      .catch(() => {});
    await storage.s3.send(new PutObjectCommand({ Bucket, Key: 'last', Body: 'x' }));
    await expect.poll(() => eventsOf('last'), SOON).toHaveLength(1);

    expect(eventsOf('quiet')).toEqual([]);
  });

  it('is configured as S3 has it, and only for EventBridge', async () => {
    const read = (name: string) =>
      storage.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: name }));
    expect((await read(Bucket)).EventBridgeConfiguration).toEqual({});
    expect((await read('silent')).EventBridgeConfiguration).toBeUndefined();
    await expect(
      storage.s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket,
          NotificationConfiguration: {
            QueueConfigurations: [
              { QueueArn: 'arn:aws:sqs:eu-central-1:0:q', Events: ['s3:ObjectCreated:*'] },
            ],
          },
        }),
      ),
    ).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('a copy', () => {
  it('takes bytes and metadata along, or new metadata', async () => {
    await storage.s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'from ö',
        Body: 'bytes',
        ContentType: 'text/a',
        Metadata: { a: '1' },
      }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent('from ö')}`;
    await storage.s3.send(new CopyObjectCommand({ Bucket: 'silent', Key: 'same', CopySource }));
    await storage.s3.send(
      new CopyObjectCommand({
        Bucket: 'silent',
        Key: 'changed',
        CopySource,
        MetadataDirective: 'REPLACE',
        ContentType: 'text/b',
      }),
    );
    const read = (Key: string) => storage.s3.send(new GetObjectCommand({ Bucket: 'silent', Key }));

    const same = await read('same');
    expect(await same.Body!.transformToString()).toBe('bytes');
    expect(same).toMatchObject({ ContentType: 'text/a', Metadata: { a: '1' } });
    const changed = await read('changed');
    expect(changed.ContentType).toBe('text/b');
    expect(changed.Metadata ?? {}).toEqual({});
  });

  it('onto itself, from nothing, or from another state than expected is refused', async () => {
    await storage.s3.send(new PutObjectCommand({ Bucket, Key: 'self', Body: 'x' }));
    const copy = (CopySource: string, more = {}) =>
      storage.s3.send(new CopyObjectCommand({ Bucket, Key: 'self', CopySource, ...more }));

    await expect(copy(`${Bucket}/self`)).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(copy(`${Bucket}/none`)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(
      copy(`${Bucket}/self`, { CopySourceIfMatch: '"0"', MetadataDirective: 'REPLACE' }),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });
});
