import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3 } from '../../../local/services/s3/index.ts';
import { type Harness, startLocal } from '../harness.ts';
import { provisioned } from '../provisioned.ts';

let local: Harness;
let s3: S3Client;
const create = provisioned(createS3, {
  Named: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'graft-models',
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    },
  },
  Unnamed: { Type: 'AWS::S3::Bucket', Properties: {} },
  Policy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: { Bucket: 'graft-models', PolicyDocument: { Version: '2012-10-17', Statement: [] } },
  },
});

beforeAll(async () => {
  local = await startLocal({ services: [create] });
  s3 = local.client(S3Client);
});
afterAll(() => local.stop());

describe('buckets of the template', () => {
  it('are there with their settings, attributes and, where none is given, a derived name', async () => {
    expect(create.provisioned.Named).toEqual({
      ref: 'graft-models',
      attributes: expect.objectContaining({
        Arn: 'arn:aws:s3:::graft-models',
        RegionalDomainName: 'graft-models.s3.eu-central-1.amazonaws.com',
      }),
    });
    expect(create.provisioned.Unnamed?.ref).toBe('stack-unnamed');
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'graft-models' }))).Status).toBe(
      'Enabled',
    );
    const { Buckets } = await s3.send(new ListBucketsCommand({ Prefix: 'graft' }));
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['graft-models']);
  });

  it.each([
    ['an unknown property', { WebsiteConfiguration: {} }, /WebsiteConfiguration/],
    [
      'a destination other than EventBridge',
      { NotificationConfiguration: { QueueConfigurations: [] } },
      /QueueConfigurations/,
    ],
    ['an impossible name', { BucketName: 'Not_A_Bucket' }, /not valid/],
  ])('with %s are refused', async (_what, Properties, message) => {
    const broken = provisioned(createS3, { Broken: { Type: 'AWS::S3::Bucket', Properties } });

    await expect(startLocal({ services: [broken] })).rejects.toThrow(message);
  });
});

describe('a bucket', () => {
  it('can be made, found and, once it is empty, deleted', async () => {
    const Bucket = 'made-by-hand';
    await s3.send(new CreateBucketCommand({ Bucket }));
    await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-central-1');
    expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-central-1');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }));
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
    });

    await s3.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
    await s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' }));

    await expect(s3.send(new HeadBucketCommand({ Bucket: 'short-lived' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
  });

  it.each(['ab', 'UPPER', 'a..b', '1.2.3.4', '-a-b', 'a'.repeat(64)])(
    'may not be called %s',
    async (Bucket) => {
      await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
        name: 'InvalidBucketName',
      });
    },
  );
});

describe('tags of an object', () => {
  it('come with it, are counted, and can be replaced', async () => {
    const object = { Bucket: 'graft-models', Key: 'tagged' };
    await s3.send(new PutObjectCommand({ ...object, Body: 'x', Tagging: 'stage=dev&colour=dark%20blue' }));
    const tags = async () => (await s3.send(new GetObjectTaggingCommand(object))).TagSet;

    expect(await tags()).toEqual([
      { Key: 'stage', Value: 'dev' },
      { Key: 'colour', Value: 'dark blue' },
    ]);
    await s3.send(
      new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
    );
    expect(await tags()).toEqual([{ Key: 'a', Value: 'b' }]);
    expect((await s3.send(new HeadObjectCommand(object))).$metadata.httpStatusCode).toBe(200);
  });
});
