import * as s3 from '@aws-sdk/client-s3';
import * as sagemaker from '@aws-sdk/client-sagemaker';
import * as sfn from '@aws-sdk/client-sfn';
import * as sqs from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, operationsOf, requiredMembers } from '../../src/wire/model.ts';

// The layout is internal to the SDK: when one of these fails after an update,
// packages/local-aws/src/wire/model.ts must follow.
describe('the SDK’s exported schemas', () => {
  it('are tuples as packages/local-aws/src/wire/model.ts reads them', () => {
    expect(s3.ListObjectsV2$.slice(0, 4)).toEqual([
      9,
      'com.amazonaws.s3',
      'ListObjectsV2',
      { http: ['GET', '/?list-type=2', 200] },
    ]);
    expect(sfn.StartExecutionInput$.slice(0, 5)).toEqual([
      3,
      'com.amazonaws.sfn',
      'StartExecutionInput',
      0,
      ['stateMachineArn', 'name', 'input', 'traceHeader'],
    ]);
    expect(sqs.QueueDoesNotExist$.slice(0, 4)).toEqual([
      -3,
      'com.amazonaws.sqs',
      'QueueDoesNotExist',
      { awsQueryError: ['AWS.SimpleQueueService.NonExistentQueue', 400], error: 'client', httpError: 400 },
    ]);
  });

  it('have every operation of a service', () => {
    expect(operationsOf(sagemaker).size).toBeGreaterThan(300);
    expect(operationsOf(s3).get('UploadPart')?.http).toEqual({
      method: 'PUT',
      uri: '/{Key+}?x-id=UploadPart',
      status: 200,
    });
    expect(operationsOf(sfn).get('StartExecution')?.http).toBeUndefined();
  });

  it('tell which members are required', () => {
    const job = operationsOf(sagemaker).get('CreateTrainingJob')?.input;

    expect(job && requiredMembers(job)).toEqual(['TrainingJobName', 'RoleArn', 'OutputDataConfig']);
  });

  it('tell the types of members', () => {
    const output = operationsOf(sfn).get('StartExecution')?.output.getMemberSchemas();
    const object = operationsOf(s3).get('GetObject')?.output.getMemberSchemas();

    expect(output?.startDate?.isTimestampSchema()).toBe(true);
    expect(output?.executionArn?.isStringSchema()).toBe(true);
    expect(object?.Body?.isStreaming()).toBe(true);
    expect(object?.ContentLength?.getMergedTraits().httpHeader).toBe('Content-Length');
    expect(object?.Metadata?.getMergedTraits().httpPrefixHeaders).toBe('x-amz-meta-');
  });

  it('find an error by its name and by its code in the query protocol', () => {
    const byName = errorOf(sqs, 'QueueDoesNotExist');

    expect(errorOf(sqs, 'AWS.SimpleQueueService.NonExistentQueue')).toBe(byName);
    expect(byName).toMatchObject({ status: 400, queryCode: 'AWS.SimpleQueueService.NonExistentQueue' });
  });
});
