import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import { beforeEach, expect, test } from 'vitest';
import { createFinishBatch, handler } from '../../functions/finish-batch.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';

const detail = { TransformJobName: 'graft-dev-batch-1-2', TransformJobStatus: 'Completed' } as const;

let sagemaker: RecordingClient<SageMakerClient>;
let logs: RecordingClient<CloudWatchLogsClient>;
beforeEach(() => {
  sagemaker = recordingClient({ DeleteModel: {} });
  logs = recordingClient({ PutRetentionPolicy: {} });
});
const finish = (batchLogDays?: number) =>
  createFinishBatch({
    ...{ sagemaker: sagemaker.client, logs: logs.client, settings: { batchLogDays } },
  })({ detail });

test('the model of a batch that has ended is deleted, however often its event comes', async () => {
  await finish();
  sagemaker.answer('DeleteModel', serviceError('ValidationException', 'Could not find model "arn:…".'));
  await finish();

  expect(sagemaker.inputsOf('DeleteModel')).toEqual([
    { ModelName: 'graft-dev-batch-1-2' },
    { ModelName: 'graft-dev-batch-1-2' },
  ]);
});

test('the logs of batches are limited where the settings say so, and a failure of that costs nothing', async () => {
  await finish();
  expect(logs.calls).toEqual([]);
  await finish(14);
  for (const name of ['ResourceNotFoundException', 'AccessDeniedException']) {
    logs.answer('PutRetentionPolicy', serviceError(name, 'no'));
    await finish(14);
  }

  const wanted = { logGroupName: '/aws/sagemaker/TransformJobs', retentionInDays: 14 };
  expect(logs.inputsOf('PutRetentionPolicy')).toEqual([wanted, wanted, wanted]);
});

test('an event of a batch that runs is refused, so that none loses its model', async () => {
  const event = { detail: { ...detail, TransformJobStatus: 'InProgress' } };

  await expect(handler(event as never, {} as Context)).rejects.toThrow(/TransformJobStatus/);
});
