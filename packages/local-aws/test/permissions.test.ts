import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHost, type Host } from '../src/host.ts';
import { allServices } from '../src/services/index.ts';

let folder: string;
let local: Host;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-actions-'));
  local = await createHost({ services: allServices(), state: folder, port: 0 });
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

const needed = (signingName: string, operation: string, input: unknown) =>
  local.services
    .withOperation(signingName, operation)
    ?.permissions?.(operation, input, local.world)
    .filter(({ hides }) => hides === undefined)
    .map(({ action, resource }) => `${action} ${resource}`);
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:000000000000:${resource}`;

describe('the permissions that an operation needs', () => {
  it('are known for every emulated operation that a role of the template may ask for', () => {
    const input = { Delete: { Objects: [] }, Entries: [{}], EndpointName: 'e' };
    const unknown = local.services
      .all()
      // Only the account itself configures the API: roles are refused, with that reason.
      .filter(({ signingName }) => signingName !== 'apigateway')
      .flatMap((service) => Object.keys(service.operations).map((operation) => ({ service, operation })))
      .filter(({ service, operation }) => service.permissions?.(operation, input, local.world) === undefined)
      .map(({ service, operation }) => `${service.signingName}:${operation}`);

    expect(unknown).toEqual([]);
  });

  it.each([
    ['s3', 'ListBuckets', {}, ['s3:ListAllMyBuckets *']],
    ['s3', 'ListObjectsV2', { Bucket: 'b' }, ['s3:ListBucket arn:aws:s3:::b']],
    ['s3', 'HeadBucket', { Bucket: 'b' }, ['s3:ListBucket arn:aws:s3:::b']],
    ['s3', 'HeadObject', { Bucket: 'b', Key: 'k/ü' }, ['s3:GetObject arn:aws:s3:::b/k/ü']],
    ['s3', 'GetObject', { Bucket: 'b', Key: 'k', VersionId: 'v' }, ['s3:GetObjectVersion arn:aws:s3:::b/k']],
    [
      's3',
      'PutObject',
      { Bucket: 'b', Key: 'k', Tagging: 'a=b' },
      ['s3:PutObject arn:aws:s3:::b/k', 's3:PutObjectTagging arn:aws:s3:::b/k'],
    ],
    ['s3', 'UploadPart', { Bucket: 'b', Key: 'k' }, ['s3:PutObject arn:aws:s3:::b/k']],
    [
      's3',
      'CopyObject',
      { Bucket: 'b', Key: 'k', CopySource: '/c/%C3%BC?versionId=v' },
      ['s3:PutObject arn:aws:s3:::b/k', 's3:GetObjectVersion arn:aws:s3:::c/ü'],
    ],
    [
      'sagemaker',
      'CreateEndpoint',
      { EndpointName: 'E', EndpointConfigName: 'c' },
      [
        `sagemaker:CreateEndpoint ${arn('sagemaker', 'endpoint/e')}`,
        `sagemaker:CreateEndpoint ${arn('sagemaker', 'endpoint-config/c')}`,
      ],
    ],
    [
      'sagemaker',
      'InvokeEndpoint',
      { EndpointName: 'e' },
      [`sagemaker:InvokeEndpoint ${arn('sagemaker', 'endpoint/e')}`],
    ],
    [
      'sagemaker',
      'CreateModelPackage',
      { ModelPackageGroupName: 'Group' },
      [
        `sagemaker:CreateModelPackage ${arn('sagemaker', 'model-package-group/group')}`,
        `sagemaker:CreateModelPackage ${arn('sagemaker', 'model-package/group/*')}`,
      ],
    ],
    [
      'sagemaker',
      'CreateModelPackageGroup',
      { ModelPackageGroupName: 'g', Tags: [{ Key: 'a', Value: 'b' }] },
      [
        `sagemaker:CreateModelPackageGroup ${arn('sagemaker', 'model-package-group/g')}`,
        `sagemaker:AddTags ${arn('sagemaker', 'model-package-group/g')}`,
      ],
    ],
    [
      'sagemaker',
      'UpdateModelPackage',
      { ModelPackageArn: arn('sagemaker', 'model-package/g/1') },
      [`sagemaker:UpdateModelPackage ${arn('sagemaker', 'model-package/g/1')}`],
    ],
    ['sagemaker', 'ListTrainingJobs', { NameContains: 'x' }, ['sagemaker:ListTrainingJobs *']],
    [
      'sagemaker',
      'CreateModel',
      { ModelName: 'm', ExecutionRoleArn: 'arn:r' },
      [`sagemaker:CreateModel ${arn('sagemaker', 'model/m')}`, 'iam:PassRole arn:r'],
    ],
    ['states', 'StartExecution', { stateMachineArn: 'arn:s' }, ['states:StartExecution arn:s']],
    ['states', 'DescribeExecution', { executionArn: 'arn:e' }, ['states:DescribeExecution arn:e']],
    ['lambda', 'Invoke', { FunctionName: 'f' }, [`lambda:InvokeFunction ${arn('lambda', 'function:f')}`]],
    [
      'lambda',
      'Invoke',
      { FunctionName: arn('lambda', 'function:f'), Qualifier: '1' },
      [`lambda:InvokeFunction ${arn('lambda', 'function:f:1')}`],
    ],
    [
      'lambda',
      'Invoke',
      { FunctionName: '000000000000:function:f' },
      [`lambda:InvokeFunction ${arn('lambda', 'function:f')}`],
    ],
    [
      'sqs',
      'SendMessageBatch',
      { QueueUrl: 'http://127.0.0.1:1/000000000000/q' },
      [`sqs:SendMessage ${arn('sqs', 'q')}`],
    ],
    ['sns', 'Publish', { TopicArn: 'arn:t' }, ['sns:Publish arn:t']],
    [
      'events',
      'PutEvents',
      { Entries: [{}, { EventBusName: 'default' }, { EventBusName: 'own' }] },
      [
        `events:PutEvents ${arn('events', 'event-bus/default')}`,
        `events:PutEvents ${arn('events', 'event-bus/own')}`,
      ],
    ],
    [
      'logs',
      'PutLogEvents',
      { logGroupName: '/g', logStreamName: 's' },
      [`logs:PutLogEvents ${arn('logs', 'log-group:/g:log-stream:s')}`],
    ],
    [
      'cloudformation',
      'DescribeStacks',
      { StackName: 's' },
      [`cloudformation:DescribeStacks ${arn('cloudformation', 'stack/s/*')}`],
    ],
    ['sts', 'GetCallerIdentity', {}, []],
  ])('of %s %s with %j', (signingName, operation, input, expected) => {
    expect(needed(signingName, operation, input)).toEqual(expected);
  });
});
