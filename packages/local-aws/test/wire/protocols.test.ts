import * as apiGateway from '@aws-sdk/client-api-gateway';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sagemaker from '@aws-sdk/client-sagemaker';
import * as runtime from '@aws-sdk/client-sagemaker-runtime';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation, RequestContext, ServiceFactory } from '../../src/service.ts';
import { ServiceError } from '../../src/service.ts';
import { createApiGateway } from '../../src/services/api-gateway/index.ts';
import { createCloudFormation } from '../../src/services/cloudformation/index.ts';
import { createEvents } from '../../src/services/events/index.ts';
import { createLambda } from '../../src/services/lambda/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { createSageMaker } from '../../src/services/sagemaker/index.ts';
import { createSageMakerRuntime } from '../../src/services/sagemaker-runtime/index.ts';
import { createSns } from '../../src/services/sns/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { createStepFunctions } from '../../src/services/step-functions/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { standIn } from '../stand-in.ts';

/** What the operations under test were given and what they answer. */
let given: { operation: string; input: Record<string, unknown>; context: RequestContext } | undefined;
let answer: unknown;

/** A service whose operations answer what the test says. */
function recorder(create: ServiceFactory, names: string[]): ServiceFactory {
  const operation =
    (name: string): Operation =>
    async (input, context) => {
      const body = input.Body ?? input.Payload;
      if (body !== undefined && Symbol.asyncIterator in body) {
        const chunks: Buffer[] = [];
        for await (const chunk of body) chunks.push(chunk);
        input.Body = Buffer.concat(chunks);
      }
      given = { operation: name, input, context };
      if (answer instanceof Error) throw answer;
      return answer;
    };
  return standIn(create, Object.fromEntries(names.map((name) => [name, operation(name)])));
}

let local: LocalAws;
beforeAll(async () => {
  local = await startLocal({
    services: [
      recorder(createStepFunctions, ['StartExecution', 'DescribeExecution']),
      recorder(createSageMaker(), ['CreateTrainingJob', 'DescribeTrainingJob', 'AddTags']),
      recorder(createSageMakerRuntime, ['InvokeEndpoint']),
      recorder(createEvents, ['PutEvents']),
      recorder(createSqs, ['GetQueueUrl', 'SendMessage']),
      recorder(createLambda, ['Invoke', 'GetFunction', 'ListFunctions', 'AddPermission']),
      recorder(createApiGateway, ['GetApiKeys', 'GetRestApi']),
      recorder(createSns, ['Publish', 'CreateTopic', 'SetTopicAttributes']),
      recorder(createCloudFormation, ['DescribeStacks']),
      recorder(createS3, [
        ...['ListBuckets', 'CreateBucket', 'HeadBucket', 'GetBucketLocation', 'ListObjectsV2', 'ListObjects'],
        ...[
          'PutObject',
          'CopyObject',
          'GetObject',
          'HeadObject',
          'DeleteObject',
          'DeleteObjects',
          'GetObjectTagging',
        ],
        ...['CreateMultipartUpload', 'UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload', 'ListParts'],
        ...['AbortMultipartUpload', 'PutObjectTagging', 'ListObjectVersions', 'ListMultipartUploads'],
      ]),
    ],
  });
});
afterAll(() => local.stop());
beforeEach(() => {
  given = undefined;
  answer = {};
});

const moment = new Date('2026-11-23T10:11:12.000Z');

describe('AWS JSON', () => {
  it('carries structures, numbers and timestamps both ways', async () => {
    answer = {
      TrainingJobName: 'job',
      TrainingJobArn: 'arn:job',
      ModelArtifacts: { S3ModelArtifacts: 's3://b/k' },
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      AlgorithmSpecification: { TrainingInputMode: 'File' },
      ResourceConfig: { VolumeSizeInGB: 5, InstanceType: 'ml.m5.large', InstanceCount: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 60 },
      CreationTime: moment,
      HyperParameters: { epochs: '3' },
      FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.5, Timestamp: moment }],
    };

    const job = await local
      .client(sagemaker.SageMakerClient)
      .send(new sagemaker.DescribeTrainingJobCommand({ TrainingJobName: 'job' }));

    expect(given?.input).toEqual({ TrainingJobName: 'job' });
    expect(job).toMatchObject(answer as object);
  });

  it('gives an error its name, message and members', async () => {
    answer = new ServiceError('ExecutionAlreadyExists', "Execution Already Exists: 'arn'");

    const sent = local
      .client(sfn.SFNClient)
      .send(new sfn.StartExecutionCommand({ stateMachineArn: 'arn:x', input: '{}' }));

    await expect(sent).rejects.toBeInstanceOf(sfn.ExecutionAlreadyExists);
    await expect(sent).rejects.toMatchObject({
      message: "Execution Already Exists: 'arn'",
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it('speaks the query protocol’s error codes where SQS still does', async () => {
    answer = new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');

    const sent = local.client(sqs.SQSClient).send(new sqs.GetQueueUrlCommand({ QueueName: 'none' }));

    await expect(sent).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue' },
    });
  });

  it.each([
    ['a missing member', { input: '{}' }, 'ValidationException', /stateMachineArn/],
    ['an unknown member', { stateMachineArn: 'a', inputs: '{}' }, 'SerializationException', /'inputs'/],
    [
      'a wrong type',
      { stateMachineArn: 'a', input: { a: 1 } },
      'SerializationException',
      /'input' must be a string/,
    ],
    ['null for a member', { stateMachineArn: null }, 'ValidationException', /stateMachineArn/],
  ])('refuses %s', async (_what, body, code, message) => {
    const response = await post('AWSStepFunctions.StartExecution', JSON.stringify(body));

    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe(code);
    expect(await response.json()).toEqual({ __type: code, message: expect.stringMatching(message) });
    expect(given).toBeUndefined();
  });

  it('refuses what is not JSON', async () => {
    const response = await post('AWSStepFunctions.StartExecution', '{"stateMachineArn":');

    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });

  it('refuses a timestamp and a blob that are none', async () => {
    const response = await post(
      'AWSEvents.PutEvents',
      JSON.stringify({ Entries: [{ Time: 'yesterday', Source: 's', DetailType: 't', Detail: '{}' }] }),
    );

    expect(await response.json()).toMatchObject({
      message: expect.stringContaining('Entries.1.member.Time'),
    });
  });

  it.each([
    ['AWSStepFunctions.CreateActivity', 'states:CreateActivity'],
    ['AWSStepFunctions.NoSuchThing', 'states:NoSuchThing'],
    ['DynamoDB_20120810.PutItem', 'unknown'],
  ])('refuses %s by name', async (target, name) => {
    const response = await post(target, '{}');

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      __type: 'UnknownOperationException',
      message: expect.stringMatching(new RegExp(`${name}.*docs/fidelity.md`)),
    });
  });
});

describe('REST-JSON', () => {
  it('binds labels, headers, query and the payload', async () => {
    answer = { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from('{"a":1}') };

    const invoked = await local.client(lambda.LambdaClient).send(
      new lambda.InvokeCommand({
        FunctionName: 'arn:aws:lambda:eu-central-1:000000000000:function:a',
        InvocationType: 'RequestResponse',
        Qualifier: '$LATEST',
        Payload: Buffer.from('{"ä":true}'),
      }),
    );

    expect(given?.input).toEqual({
      FunctionName: 'arn:aws:lambda:eu-central-1:000000000000:function:a',
      InvocationType: 'RequestResponse',
      Qualifier: '$LATEST',
      Payload: Buffer.from('{"ä":true}'),
    });
    expect(Buffer.from(invoked.Payload as Uint8Array).toString()).toBe('{"a":1}');
    expect(invoked).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  });

  it('keeps the bytes of an image', async () => {
    const image = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    answer = { Body: image, ContentType: 'image/png' };

    const invoked = await local
      .client(runtime.SageMakerRuntimeClient)
      .send(new runtime.InvokeEndpointCommand({ EndpointName: 'e', Body: image, ContentType: 'image/png' }));

    expect(Buffer.from(given?.input.Body as Uint8Array).equals(image)).toBe(true);
    expect(Buffer.from(invoked.Body).equals(image)).toBe(true);
    expect(invoked.ContentType).toBe('image/png');
  });

  it('gives an error the status of its model and its members', async () => {
    answer = new ServiceError('ModelError', 'Received client error (415)', 400, {
      OriginalStatusCode: 415,
      OriginalMessage: 'no',
    });

    const sent = local
      .client(runtime.SageMakerRuntimeClient)
      .send(new runtime.InvokeEndpointCommand({ EndpointName: 'e', Body: Buffer.from('') }));

    await expect(sent).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 415,
      $metadata: { httpStatusCode: 424 },
    });
  });

  it('sends an error’s members in headers where the model says so', async () => {
    answer = new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 400, { retryAfterSeconds: '7' });

    const sent = local.client(lambda.LambdaClient).send(new lambda.InvokeCommand({ FunctionName: 'f' }));

    await expect(sent).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      retryAfterSeconds: '7',
      $metadata: { httpStatusCode: 429 },
    });
  });

  it('uses the names that JSON has on the wire', async () => {
    answer = { items: [{ id: 'k', name: 'key', value: 'v', createdDate: moment, enabled: true }] };

    const keys = await local
      .client(apiGateway.APIGatewayClient)
      .send(new apiGateway.GetApiKeysCommand({ includeValues: true, limit: 5 }));

    expect(given?.input).toEqual({ includeValues: true, limit: 5 });
    expect(keys.items).toEqual([{ id: 'k', name: 'key', value: 'v', createdDate: moment, enabled: true }]);
  });

  it('names an operation that is not there', async () => {
    const sent = local.client(lambda.LambdaClient).send(new lambda.GetAccountSettingsCommand({}));

    await expect(sent).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('lambda:GetAccountSettings'),
    });
  });
});

describe('REST-XML', () => {
  const send = (command: unknown): Promise<Record<string, unknown>> =>
    local.client(s3.S3Client).send(command as s3.GetObjectCommand) as never;
  const at = { Bucket: 'bucket', Key: 'a/ü &+%/../b c//d' };
  const copy = { ...at, CopySource: 'bucket/other' };
  const part = { ...at, UploadId: 'u', PartNumber: 3 };

  it.each([
    ['ListBuckets', new s3.ListBucketsCommand({}), {}],
    ['CreateBucket', new s3.CreateBucketCommand({ Bucket: 'bucket' }), { Bucket: 'bucket' }],
    ['HeadBucket', new s3.HeadBucketCommand({ Bucket: 'bucket' }), { Bucket: 'bucket' }],
    [
      'ListObjectsV2',
      new s3.ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'a/ü+ ', MaxKeys: 7 }),
      { Bucket: 'bucket', Prefix: 'a/ü+ ', MaxKeys: 7 },
    ],
    ['ListObjects', new s3.ListObjectsCommand({ Bucket: 'bucket' }), { Bucket: 'bucket' }],
    ['ListObjectVersions', new s3.ListObjectVersionsCommand({ Bucket: 'bucket' }), { Bucket: 'bucket' }],
    ['ListMultipartUploads', new s3.ListMultipartUploadsCommand({ Bucket: 'bucket' }), { Bucket: 'bucket' }],
    [
      'GetObject',
      new s3.GetObjectCommand({ ...at, Range: 'bytes=0-1', IfModifiedSince: moment }),
      { ...at, Range: 'bytes=0-1', IfModifiedSince: moment },
    ],
    ['HeadObject', new s3.HeadObjectCommand({ ...at, VersionId: 'v' }), { ...at, VersionId: 'v' }],
    ['DeleteObject', new s3.DeleteObjectCommand(at), at],
    ['GetObjectTagging', new s3.GetObjectTaggingCommand(at), at],
    ['CreateMultipartUpload', new s3.CreateMultipartUploadCommand(at), at],
    ['ListParts', new s3.ListPartsCommand({ ...at, UploadId: 'u' }), { ...at, UploadId: 'u' }],
    [
      'AbortMultipartUpload',
      new s3.AbortMultipartUploadCommand({ ...at, UploadId: 'u' }),
      { ...at, UploadId: 'u' },
    ],
    ['UploadPart', new s3.UploadPartCommand({ ...part, Body: 'x' }), part],
    [
      'UploadPartCopy',
      new s3.UploadPartCopyCommand({ ...part, CopySource: 'a/b' }),
      { ...part, CopySource: 'a/b' },
    ],
    ['CopyObject', new s3.CopyObjectCommand(copy), copy],
    [
      'PutObject',
      new s3.PutObjectCommand({ ...at, Body: 'x', Metadata: { one: '1', two: 'zwei' } }),
      { ...at, Metadata: { one: '1', two: 'zwei' } },
    ],
  ])('routes %s', async (operation, command, input) => {
    await send(command).catch(() => {});

    expect(given?.operation).toBe(operation);
    expect(given?.input).toMatchObject(input);
  });

  it('streams a body in and out', async () => {
    answer = { ETag: '"e"' };
    const bytes = Buffer.alloc(300_000, 'shop');
    await send(new s3.PutObjectCommand({ ...at, Body: bytes }));
    expect(bytes.equals(given?.input.Body as Buffer)).toBe(true);

    answer = {
      Body: bytes,
      ContentLength: bytes.length,
      ContentType: 'image/png',
      LastModified: moment,
      Metadata: { x: 'y' },
    };
    const object = await local.client(s3.S3Client).send(new s3.GetObjectCommand(at));

    expect(Buffer.from((await object.Body?.transformToByteArray()) as Uint8Array).equals(bytes)).toBe(true);
    expect(object).toMatchObject({
      ContentLength: 300_000,
      ContentType: 'image/png',
      LastModified: moment,
      Metadata: { x: 'y' },
    });
  });

  it('tells the length of an object without its body', async () => {
    answer = { ContentLength: 12345, ETag: '"e"', LastModified: moment };

    expect(await send(new s3.HeadObjectCommand(at))).toMatchObject({
      ContentLength: 12345,
      ETag: '"e"',
      LastModified: moment,
    });
  });

  it('reads and writes XML documents with any text in them', async () => {
    answer = { Deleted: [{ Key: 'a<&>"\'\r\n' }], Errors: [] };
    const objects = [{ Key: 'a<&>"\' ' }, { Key: 'ü', VersionId: 'v' }];

    const deleted = await send(
      new s3.DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects: objects, Quiet: true } }),
    );

    expect(given?.input).toMatchObject({ Delete: { Objects: objects, Quiet: true } });
    expect(deleted.Deleted).toEqual([{ Key: 'a<&>"\'\r\n' }]);
  });

  it('reads lists of one and of many', async () => {
    const Parts = [
      { ETag: '"1"', PartNumber: 1 },
      { ETag: '"2"', PartNumber: 2 },
    ];
    for (const parts of [Parts.slice(0, 1), Parts]) {
      await send(
        new s3.CompleteMultipartUploadCommand({ ...at, UploadId: 'u', MultipartUpload: { Parts: parts } }),
      );
      expect(given?.input).toMatchObject({ ...at, UploadId: 'u', MultipartUpload: { Parts: parts } });
    }
    await send(new s3.PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'k', Value: '' }] } }));
    expect(given?.input).toMatchObject({ Tagging: { TagSet: [{ Key: 'k', Value: '' }] } });
  });

  it('writes lists, dates and the location without its wrapper', async () => {
    answer = {
      Contents: [{ Key: 'a', Size: 1, LastModified: moment }],
      CommonPrefixes: [{ Prefix: 'p/' }],
      IsTruncated: false,
      KeyCount: 2,
    };
    expect(await send(new s3.ListObjectsV2Command({ Bucket: 'bucket' }))).toMatchObject(answer as object);

    answer = { LocationConstraint: 'eu-central-1' };
    expect(await send(new s3.GetBucketLocationCommand({ Bucket: 'bucket' }))).toMatchObject(answer as object);
  });

  it('gives an error its code, also without a body', async () => {
    answer = new ServiceError('NoSuchKey', 'The specified key does not exist.', 404, { Key: 'a&b' });
    await expect(send(new s3.GetObjectCommand(at))).rejects.toMatchObject({
      name: 'NoSuchKey',
      Key: 'a&b',
      $metadata: { httpStatusCode: 404 },
    });

    answer = new ServiceError('NotFound', 'Not Found', 404);
    await expect(send(new s3.HeadObjectCommand(at))).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('refuses XML that is broken or says something unknown', async () => {
    for (const body of ['<Tagging><TagSet>', '<Tagging><Tags/></Tagging>', 'text']) {
      const response = await fetch(`${local.endpoint}/bucket/key?tagging`, { method: 'PUT', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('<Code>MalformedXML</Code>');
    }
    expect(given).toBeUndefined();
  });

  it('names an operation that is not there', async () => {
    await expect(send(new s3.GetBucketAclCommand({ Bucket: 'bucket' }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('s3:GetBucketAcl'),
    });
  });
});

describe('the query protocol', () => {
  it('carries lists, maps and structures', async () => {
    answer = { MessageId: 'm' };

    const published = await local.client(sns.SNSClient).send(
      new sns.PublishCommand({
        TopicArn: 'arn',
        Message: 'Grüße & more',
        MessageAttributes: {
          one: { DataType: 'String', StringValue: '1' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from('b') },
        },
      }),
    );

    expect(given?.input).toMatchObject({
      TopicArn: 'arn',
      Message: 'Grüße & more',
      MessageAttributes: {
        one: { DataType: 'String', StringValue: '1' },
        raw: { BinaryValue: Buffer.from('b') },
      },
    });
    expect(published.MessageId).toBe('m');
  });

  it('answers with lists, dates and text of any kind', async () => {
    const stack = {
      StackName: 's',
      CreationTime: moment,
      StackStatus: 'CREATE_COMPLETE' as const,
      Outputs: [{ OutputKey: 'a', OutputValue: '<&>' }],
    };
    answer = { Stacks: [stack] };

    const described = await local
      .client(cloudformation.CloudFormationClient)
      .send(new cloudformation.DescribeStacksCommand({}));

    expect(described.Stacks).toEqual([stack]);
  });

  it('gives an error its code and type', async () => {
    answer = new ServiceError('NotFoundException', 'Topic does not exist', 404);

    const sent = local
      .client(sns.SNSClient)
      .send(new sns.SetTopicAttributesCommand({ TopicArn: 'a', AttributeName: 'x' }));

    await expect(sent).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Topic does not exist',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('refuses an unknown parameter and names an operation that is not there', async () => {
    const form = (fields: Record<string, string>) =>
      fetch(local.endpoint, {
        method: 'POST',
        body: new URLSearchParams({ Version: '2010-03-31', ...fields }),
      });

    expect(await (await form({ Action: 'CreateTopic', Name: 'n', Nmae: 'x' })).text()).toMatch(
      /<Code>InvalidParameter<.*Nmae/,
    );
    expect(await (await form({ Action: 'ListPhoneNumbersOptedOut' })).text()).toMatch(
      /<Code>InvalidAction<.*sns:ListPhoneNumbersOptedOut/,
    );
  });
});

describe('a service that answers wrongly', () => {
  it('is found at once', async () => {
    answer = { executionArn: 'arn', startDate: 'today' };

    const response = await post('AWSStepFunctions.StartExecution', '{"stateMachineArn":"a"}');

    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/wrong output.*'startDate' must be a timestamp/),
    });
  });
});

function post(target: string, body: string): Promise<Response> {
  return fetch(local.endpoint, {
    method: 'POST',
    body,
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' },
  });
}
