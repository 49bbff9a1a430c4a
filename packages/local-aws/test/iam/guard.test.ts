import * as s3 from '@aws-sdk/client-s3';
import * as sagemaker from '@aws-sdk/client-sagemaker';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operation, ServiceFactory } from '../../src/service.ts';
import { ServiceError } from '../../src/service.ts';
import { createIam } from '../../src/services/iam/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { createSageMaker } from '../../src/services/sagemaker/index.ts';
import { createSns } from '../../src/services/sns/index.ts';
import { createStepFunctions } from '../../src/services/step-functions/index.ts';
import { mintRoleCredentials } from '../../src/services/sts/credentials.ts';
import { createSts } from '../../src/services/sts/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { standIn } from '../stand-in.ts';

const clock = new ManualClock(Date.now());
const account = '000000000000';
const statement = (Action: string | string[], Resource: string | string[], others: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...others,
});
const role = (Statement: object[], principal: object = { Service: 'lambda.amazonaws.com' }) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
    },
    Policies: [{ PolicyName: 'inline', PolicyDocument: { Version: '2012-10-17', Statement } }],
  },
});
const output = (name: string) => ({ Value: { 'Fn::GetAtt': [name, 'Arn'] } });
const passed = { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } };

const template = {
  Resources: {
    Reader: role([
      statement('s3:GetObject', 'arn:aws:s3:::data/shops/*'),
      statement('s3:ListBucket', 'arn:aws:s3:::data'),
    ]),
    Blind: role([statement(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::data/*')]),
    Trainer: role([
      statement(
        ['sagemaker:CreateTrainingJob', 'sagemaker:AddTags'],
        `arn:aws:sagemaker:*:${account}:training-job/shop-*`,
      ),
      statement('iam:PassRole', [output('Job').Value, output('Reader').Value] as never, {
        Condition: passed,
      }),
      statement('states:SendTaskSuccess', 'arn:aws:states:eu-central-1:000000000000:stateMachine:mine'),
      statement('sns:Publish', `arn:aws:sns:eu-central-1:${account}:notices`),
    ]),
    Job: role([], { Service: 'sagemaker.amazonaws.com' }),
    Person: role([statement('s3:*', '*')], { AWS: { 'Fn::Sub': `arn:aws:iam::${account}:root` } }),
    Extra: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'extra',
        PolicyDocument: { Statement: [statement('s3:DeleteObject', 'arn:aws:s3:::data/shops/*')] },
        Roles: [{ Ref: 'Reader' }],
      },
    },
  },
  Outputs: {
    Reader: output('Reader'),
    Job: output('Job'),
    Blind: output('Blind'),
    Trainer: output('Trainer'),
    Person: output('Person'),
  },
};

/** Returns the least that each operation's model requires; S3 finds no object. */
const answering = (create: ServiceFactory, answers: Record<string, unknown>): ServiceFactory =>
  standIn(
    create,
    Object.fromEntries(
      Object.entries(answers).map(([name, answer]): [string, Operation] => [
        name,
        () => {
          if (answer instanceof Error) throw answer;
          return answer;
        },
      ]),
    ),
  );

const missing = new ServiceError('NoSuchKey', 'The specified key does not exist.', 404);
let local: LocalAws;
beforeAll(async () => {
  local = await startLocal({
    clock,
    template,
    services: [
      createIam,
      createSts,
      answering(createS3, {
        GetObject: missing,
        PutObject: {},
        CopyObject: { CopyObjectResult: { ETag: '"e"' } },
        ListObjectsV2: {},
        DeleteObject: {},
        DeleteObjects: {},
      }),
      answering(createSageMaker(), { CreateTrainingJob: { TrainingJobArn: 'arn:x' } }),
      answering(createStepFunctions, { SendTaskSuccess: {}, SendTaskFailure: {} }),
      answering(createSns, { Publish: { MessageId: 'm' } }),
    ],
  });
});
afterAll(() => local.stop());

function as<Client extends { destroy(): void }>(
  name: string,
  Constructor: new (configuration: never) => Client,
): Client {
  const credentials = mintRoleCredentials(local.world, local.outputs[name] as string, {
    sessionName: 'test',
  });
  return local.client(Constructor as never, credentials);
}

const job = (name: string, others: object = {}) =>
  new sagemaker.CreateTrainingJobCommand({
    TrainingJobName: name,
    RoleArn: local.outputs.Job,
    OutputDataConfig: { S3OutputPath: 's3://b/p' },
    ...others,
  });

describe('a role’s credentials', () => {
  it('may do what its policies allow', async () => {
    const reader = as('Reader', s3.S3Client);

    await expect(
      reader.send(new s3.ListObjectsV2Command({ Bucket: 'data', Prefix: 'shops/' })),
    ).resolves.toBeDefined();
    await expect(
      reader.send(new s3.DeleteObjectCommand({ Bucket: 'data', Key: 'shops/a' })),
    ).resolves.toBeDefined();
    await expect(
      reader.send(new s3.GetObjectCommand({ Bucket: 'data', Key: 'shops/a' })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('may do nothing else, in the words of AWS', async () => {
    const reader = as('Reader', s3.S3Client);

    await expect(
      reader.send(new s3.PutObjectCommand({ Bucket: 'data', Key: 'shops/a' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /^User: arn:aws:sts::000000000000:assumed-role\/test-Reader-[0-9A-F]{12}\/local is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::data\/shops\/a because no identity-based policy allows/,
      ),
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      reader.send(new s3.GetObjectCommand({ Bucket: 'data', Key: 'other' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    const both = { Objects: [{ Key: 'shops/a' }, { Key: 'b' }] };
    await expect(
      reader.send(new s3.DeleteObjectsCommand({ Bucket: 'data', Delete: both })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('need the source’s permission for a copy', async () => {
    const blind = as('Blind', s3.S3Client);
    const to = { Bucket: 'data', Key: 'to' };

    await expect(
      blind.send(new s3.CopyObjectCommand({ ...to, CopySource: 'data/from' })),
    ).resolves.toBeDefined();
    await expect(
      blind.send(new s3.CopyObjectCommand({ ...to, CopySource: 'other/from' })),
    ).rejects.toMatchObject({
      message: expect.stringContaining('s3:GetObject on resource: arn:aws:s3:::other/from'),
    });
  });

  it('do not learn that an object is missing where they may not list', async () => {
    const sent = as('Blind', s3.S3Client).send(new s3.GetObjectCommand({ Bucket: 'data', Key: 'none' }));

    await expect(sent).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:ListBucket'),
    });
  });

  it('need iam:PassRole for the role that they hand on, and its own permission for tags', async () => {
    const trainer = as('Trainer', sagemaker.SageMakerClient);

    await expect(trainer.send(job('shop-a', { Tags: [{ Key: 'k', Value: 'v' }] }))).resolves.toBeDefined();
    await expect(trainer.send(job('other'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:eu-central-1:000000000000:training-job/other',
      ),
    });
    await expect(trainer.send(job('shop-a', { RoleArn: local.outputs.Blind }))).rejects.toMatchObject({
      message: expect.stringContaining('iam:PassRole'),
    });
  });

  it('cannot hand on a role that does not trust the service', async () => {
    const sent = as('Trainer', sagemaker.SageMakerClient).send(
      job('shop-a', { RoleArn: local.outputs.Reader }),
    );

    await expect(sent).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("allows principal 'sagemaker.amazonaws.com' to assume the role"),
    });
  });

  it('need the action alone for a task token, which does not tell its state machine', async () => {
    const trainer = as('Trainer', sfn.SFNClient);

    await expect(
      trainer.send(new sfn.SendTaskSuccessCommand({ taskToken: 'token', output: '{}' })),
    ).resolves.toBeDefined();
    await expect(trainer.send(new sfn.SendTaskFailureCommand({ taskToken: 'token' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('are refused in the query protocol too', async () => {
    const trainer = as('Trainer', sns.SNSClient);
    const topic = (name: string) =>
      new sns.PublishCommand({ TopicArn: `arn:aws:sns:eu-central-1:${account}:${name}`, Message: 'm' });

    await expect(trainer.send(topic('notices'))).resolves.toMatchObject({ MessageId: 'm' });
    await expect(trainer.send(topic('others'))).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('count for calls within the process as well', async () => {
    const call = (roleArn?: string) =>
      local.world.call(
        's3',
        'PutObject',
        { Bucket: 'data', Key: 'shops/a' },
        roleArn === undefined ? {} : { roleArn },
      );

    await expect(call()).resolves.toBeDefined();
    await expect(call(local.outputs.Reader)).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('end, and cannot be made up', async () => {
    const { sessionToken, ...keys } = mintRoleCredentials(local.world, local.outputs.Reader as string, {
      seconds: 900,
    });
    const list = new s3.ListObjectsV2Command({ Bucket: 'data' });
    const changed = `${sessionToken.slice(0, 20)}x${sessionToken.slice(21)}`;

    await expect(
      local.client(s3.S3Client, { ...keys, sessionToken: changed }).send(list),
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    clock.advance(900_000);
    await expect(local.client(s3.S3Client, { ...keys, sessionToken }).send(list)).rejects.toMatchObject({
      name: 'ExpiredToken',
    });
  });

  it('are the account’s when the session is not of this local AWS', async () => {
    const client = local.client(s3.S3Client, {
      accessKeyId: 'ASIA',
      secretAccessKey: 's',
      sessionToken: 'theirs',
    });

    await expect(client.send(new s3.PutObjectCommand({ Bucket: 'data', Key: 'k' }))).resolves.toBeDefined();
  });
});

describe('STS', () => {
  it('returns the caller’s identity', async () => {
    const root = await local.client(STSClient).send(new GetCallerIdentityCommand({}));
    const reader = await as('Reader', STSClient).send(new GetCallerIdentityCommand({}));

    expect(root.Arn).toBe('arn:aws:iam::000000000000:root');
    expect(reader.Arn).toMatch(/^arn:aws:sts::000000000000:assumed-role\/test-Reader-[0-9A-F]{12}\/test$/);
  });

  it('lets the account assume a role that trusts it, and no other', async () => {
    const sts = local.client(STSClient);
    const assume = (name: string) =>
      new AssumeRoleCommand({ RoleArn: local.outputs[name] as string, RoleSessionName: 'me' });

    const { Credentials } = await sts.send(assume('Person'));
    const person = local.client(s3.S3Client, {
      accessKeyId: Credentials?.AccessKeyId as string,
      secretAccessKey: Credentials?.SecretAccessKey as string,
      sessionToken: Credentials?.SessionToken as string,
    });

    await expect(person.send(new s3.PutObjectCommand({ Bucket: 'b', Key: 'k' }))).resolves.toBeDefined();
    await expect(sts.send(assume('Reader'))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it.each([
    [899, /at 'durationSeconds' failed to satisfy constraint: Member must have value greater than/],
    [3601, /exceeds the MaxSessionDuration set for this role/],
    [43_201, /at 'durationSeconds' failed to satisfy constraint: Member must have value less than/],
  ])('gives no session of %i seconds', async (DurationSeconds, message) => {
    const RoleArn = local.outputs.Person as string;
    const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me', DurationSeconds });
    await expect(local.client(STSClient).send(assume)).rejects.toThrow(message);
  });
});
