import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateModelPackageCommand,
  type CreateModelPackageCommandInput,
  CreateModelPackageGroupCommand,
  DeleteModelPackageCommand,
  DeleteModelPackageGroupCommand,
  DescribeModelPackageCommand,
  DescribeModelPackageGroupCommand,
  ListModelPackageGroupsCommand,
  ListModelPackagesCommand,
  ListTagsCommand,
  SageMakerClient,
  UpdateModelPackageCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogs } from '../../src/services/logs/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { createSageMaker } from '../../src/services/sagemaker/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

let local: LocalAws;
let sagemaker: SageMakerClient;
beforeAll(async () => {
  local = await startLocal({ services: [createLogs, createS3, createSageMaker()] });
  sagemaker = local.client(SageMakerClient);
});
afterAll(() => local.stop());

let group: string;
let count = 0;
beforeEach(async () => {
  group = `Models-${++count}`;
  await sagemaker.send(
    new CreateModelPackageGroupCommand({
      ModelPackageGroupName: group,
      ModelPackageGroupDescription: 'of a shop',
      Tags: [{ Key: 'shop', Value: 'shoes' }],
    }),
  );
});

const create = async (changes: Partial<CreateModelPackageCommandInput> = {}) => {
  const { ModelPackageArn } = await sagemaker.send(
    new CreateModelPackageCommand({
      ModelPackageGroupName: group,
      InferenceSpecification: {
        Containers: [{ Image: 'image:1', ModelDataUrl: 's3://bucket/model.tar.gz' }],
        SupportedContentTypes: ['image/png'],
        SupportedResponseMIMETypes: ['application/json'],
      },
      CustomerMetadataProperties: { execution: 'promote-icons', digest: 'a' },
      ...changes,
    }),
  );
  return ModelPackageArn!;
};
const describePackage = (ModelPackageName: string) =>
  sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName }));
const list = async (input: object = {}) => {
  const page = await sagemaker.send(new ListModelPackagesCommand({ ModelPackageGroupName: group, ...input }));
  return {
    versions: page.ModelPackageSummaryList!.map((one) => one.ModelPackageVersion),
    next: page.NextToken,
  };
};

describe('model package groups', () => {
  it('are described by name and by ARN, and listed', async () => {
    const described = await sagemaker.send(
      new DescribeModelPackageGroupCommand({ ModelPackageGroupName: group }),
    );

    expect(described).toMatchObject({
      ModelPackageGroupName: group,
      ModelPackageGroupArn: `arn:aws:sagemaker:eu-central-1:000000000000:model-package-group/${group.toLowerCase()}`,
      ModelPackageGroupDescription: 'of a shop',
      ModelPackageGroupStatus: 'Completed',
    });
    const byArn = await sagemaker.send(
      new DescribeModelPackageGroupCommand({ ModelPackageGroupName: described.ModelPackageGroupArn }),
    );
    expect(byArn.ModelPackageGroupName).toBe(group);
    const { ModelPackageGroupSummaryList } = await sagemaker.send(
      new ListModelPackageGroupsCommand({ NameContains: group }),
    );
    expect(ModelPackageGroupSummaryList).toMatchObject([{ ModelPackageGroupName: group }]);
    const { Tags } = await sagemaker.send(
      new ListTagsCommand({ ResourceArn: described.ModelPackageGroupArn }),
    );
    expect(Tags).toEqual([{ Key: 'shop', Value: 'shoes' }]);
  });

  it('cannot be made twice', async () => {
    const again = new CreateModelPackageGroupCommand({ ModelPackageGroupName: group });

    await expect(sagemaker.send(again)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('already exists'),
    });
  });

  it.each([
    [
      'described',
      () => sagemaker.send(new DescribeModelPackageGroupCommand({ ModelPackageGroupName: 'none' })),
    ],
    ['listed', () => sagemaker.send(new ListModelPackagesCommand({ ModelPackageGroupName: 'none' }))],
    ['added to', () => create({ ModelPackageGroupName: 'none' })],
  ])('that do not exist cannot be %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('does not exist'),
    });
  });
});

describe('model packages', () => {
  it('are versions of their group, waiting for approval unless said otherwise', async () => {
    const [first, second] = [await create(), await create({ ModelApprovalStatus: 'Rejected' })];

    expect(first).toMatch(new RegExp(`:model-package/${group.toLowerCase()}/1$`));
    expect(await describePackage(first)).toMatchObject({
      ModelPackageGroupName: group,
      ModelPackageVersion: 1,
      ModelPackageStatus: 'Completed',
      ModelApprovalStatus: 'PendingManualApproval',
      CustomerMetadataProperties: { execution: 'promote-icons', digest: 'a' },
      InferenceSpecification: { Containers: [{ ModelDataUrl: 's3://bucket/model.tar.gz' }] },
    });
    expect(await describePackage(second)).toMatchObject({
      ModelPackageVersion: 2,
      ModelApprovalStatus: 'Rejected',
    });
  });

  it('are made once for each token', async () => {
    const first = await create({ ClientToken: 'one' });

    expect(await create({ ClientToken: 'one' })).toBe(first);
    expect(await create({ ClientToken: 'two' })).not.toBe(first);
    expect((await list()).versions).toEqual([2, 1]);
  });

  it('are listed newest first, page by page, and by approval', async () => {
    for (let n = 0; n < 11; n++) await create({ ModelApprovalStatus: n % 5 === 0 ? 'Approved' : 'Rejected' });

    const first = await list();
    expect(first.versions).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    expect(await list({ NextToken: first.next })).toEqual({ versions: [1], next: undefined });
    expect((await list({ ModelApprovalStatus: 'Approved' })).versions).toEqual([11, 6, 1]);
  });

  it('change their approval and their properties', async () => {
    const arn = await create();

    await sagemaker.send(
      new UpdateModelPackageCommand({
        ModelPackageArn: arn,
        ModelApprovalStatus: 'Approved',
        ApprovalDescription: 'by hand',
        CustomerMetadataProperties: { by: 'me' },
        CustomerMetadataPropertiesToRemove: ['digest'],
      }),
    );

    expect(await describePackage(arn)).toMatchObject({
      ModelApprovalStatus: 'Approved',
      ApprovalDescription: 'by hand',
      CustomerMetadataProperties: { execution: 'promote-icons', by: 'me' },
    });
    expect((await describePackage(arn)).CustomerMetadataProperties).not.toHaveProperty('digest');
  });

  it.each([
    ['tags of their own', { Tags: [{ Key: 'a', Value: 'b' }] }, /Tags/],
    [
      'a property that is too long',
      { CustomerMetadataProperties: { a: 'x'.repeat(257) } },
      /customerMetadataProperties/,
    ],
    ['a property with other characters', { CustomerMetadataProperties: { a: '<b>' } }, /pattern/],
    ['an approval that there is not', { ModelApprovalStatus: 'Maybe' as never }, /enum/],
    ['a token that is too long', { ClientToken: 'x'.repeat(37) }, /clientToken/],
    ['what is not emulated', { CertifyForMarketplace: true }, /CertifyForMarketplace/],
  ])('are refused with %s', async (_what, changes, message) => {
    await expect(create(changes)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });
});

it('are deleted one by one, and their group only when it has none', async () => {
  const arn = await create();
  const removeGroup = () =>
    sagemaker.send(new DeleteModelPackageGroupCommand({ ModelPackageGroupName: group }));
  await expect(removeGroup()).rejects.toMatchObject({ name: 'ConflictException' });

  await sagemaker.send(new DeleteModelPackageCommand({ ModelPackageName: arn }));
  expect((await list()).versions).toEqual([]);
  expect(await create()).toMatch(/\/2$/);

  await sagemaker.send(new DeleteModelPackageCommand({ ModelPackageName: arn.replace(/1$/, '2') }));
  await removeGroup();
  await expect(list()).rejects.toMatchObject({ name: 'ValidationException' });
});

it('survive a restart, with the next version', async () => {
  const state = mkdtempSync(join(tmpdir(), 'local-aws-registry-'));
  const services = [createLogs, createS3, createSageMaker()];
  const before = await startLocal({ services, state });
  const first = before.client(SageMakerClient);
  await first.send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: 'kept' }));
  await first.send(new CreateModelPackageCommand({ ModelPackageGroupName: 'kept' }));
  await before.stop();

  const after = await startLocal({ services, state });
  const { ModelPackageArn } = await after
    .client(SageMakerClient)
    .send(new CreateModelPackageCommand({ ModelPackageGroupName: 'kept' }));
  await after.stop();
  rmSync(state, { recursive: true, force: true });

  expect(ModelPackageArn).toMatch(/\/kept\/2$/);
});
