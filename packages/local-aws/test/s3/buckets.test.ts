import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3 } from '../../src/services/s3/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

let local: LocalAws;
let s3: S3Client;
const create = provisioned(createS3, {
  Named: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'shop-models',
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    },
  },
  Unnamed: { Type: 'AWS::S3::Bucket', Properties: {} },
  Policy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: { Bucket: 'shop-models', PolicyDocument: { Version: '2012-10-17', Statement: [] } },
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
      ref: 'shop-models',
      attributes: expect.objectContaining({
        Arn: 'arn:aws:s3:::shop-models',
        RegionalDomainName: 'shop-models.s3.eu-central-1.amazonaws.com',
      }),
    });
    expect(create.provisioned.Unnamed?.ref).toBe('stack-unnamed');
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'shop-models' }))).Status).toBe('Enabled');
    const { Buckets } = await s3.send(new ListBucketsCommand({ Prefix: 'shop' }));
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['shop-models']);
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

describe('CreateBucket', () => {
  it('wants the region to be named, except in us-east-1', async () => {
    const put = async (endpoint: string, location?: string) => {
      const body =
        location &&
        `<CreateBucketConfiguration><LocationConstraint>${location}</LocationConstraint></CreateBucketConfiguration>`;
      const response = await fetch(`${endpoint}/located`, { method: 'PUT', ...(body ? { body } : {}) });
      return [response.status, /<Code>(\w+)</.exec(await response.text())?.[1]];
    };
    const oldest = await startLocal({ services: [createS3], region: 'us-east-1' });

    expect(await put(local.endpoint)).toEqual([400, 'IllegalLocationConstraintException']);
    expect(await put(local.endpoint, 'eu-west-1')).toEqual([400, 'IllegalLocationConstraintException']);
    expect(await put(local.endpoint, 'us-east-1')).toEqual([400, 'InvalidLocationConstraint']);
    expect(await put(local.endpoint, 'eu-central-1')).toEqual([200, undefined]);
    expect(await put(oldest.endpoint)).toEqual([200, undefined]);
    // The one region that does not mind a second time.
    expect(await put(oldest.endpoint)).toEqual([200, undefined]);
    await oldest.stop();
  });

  it.each([
    ['object lock', { ObjectLockEnabledForBucket: true }, 'NotImplemented'],
    ['lists of its own', { ObjectOwnership: 'ObjectWriter' as const }, 'NotImplemented'],
    ['a grant', { GrantRead: 'id=1' }, 'NotImplemented'],
    ['a public ACL', { ACL: 'public-read' as const }, 'InvalidBucketAclWithObjectOwnership'],
  ])('refuses %s instead of ignoring it', async (_what, settings, name) => {
    const Bucket = 'not-made';

    await expect(s3.send(new CreateBucketCommand({ Bucket, ...settings }))).rejects.toMatchObject({ name });
    await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('every request', () => {
  const object = { Bucket: 'shop-models', Key: 'checked' };

  it.each([
    [
      'an owner that it is not',
      new HeadBucketCommand({ ...object, ExpectedBucketOwner: '123456789012' }),
      403,
    ],
    [
      'a storage class',
      new PutObjectCommand({ ...object, Body: 'x', StorageClass: 'COLD' as 'GLACIER' }),
      400,
    ],
    ['an encoding', new ListObjectsV2Command({ ...object, EncodingType: 'base64' as 'url' }), 400],
  ])('is refused for %s that S3 does not know', async (_what, command, httpStatusCode) => {
    await expect(s3.send(command as HeadBucketCommand)).rejects.toMatchObject({
      $metadata: { httpStatusCode },
    });
  });

  it('that deletes or tags by a list needs a digest of the list', async () => {
    const post = async (path: string, method: string, body: string, headers = {}) => {
      const response = await fetch(`${local.endpoint}/shop-models${path}`, { method, body, headers });
      return [response.status, /<Code>(\w+)</.exec(await response.text())?.[1]];
    };
    await s3.send(new PutObjectCommand({ ...object, Body: 'x' }));
    const list = '<Delete><Object><Key>checked</Key></Object></Delete>';
    const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
    const md5 = createHash('md5').update(list).digest('base64');

    expect(await post('?delete', 'POST', list)).toEqual([400, 'InvalidRequest']);
    expect(await post('/checked?tagging', 'PUT', tags)).toEqual([400, 'InvalidRequest']);
    expect(await post('?delete', 'POST', list, { 'content-md5': md5 })).toEqual([200, undefined]);
  });
});

describe('tags of an object', () => {
  it('come with it, are counted, and can be replaced', async () => {
    const object = { Bucket: 'shop-models', Key: 'tagged' };
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
