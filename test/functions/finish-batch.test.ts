import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { createFinishBatch, handler } from '../../functions/finish-batch.ts';
import { recordingClient, serviceError } from '../cloud/recording-client.ts';

const detail = { TransformJobName: 'graft-dev-batch-1-2', TransformJobStatus: 'Completed' } as const;

test('the model of a batch that has ended is deleted, however often its event comes', async () => {
  const sagemaker = recordingClient<SageMakerClient>({ DeleteModel: {} });
  const finish = createFinishBatch({ sagemaker: sagemaker.client });
  await finish({ detail });
  sagemaker.answer('DeleteModel', serviceError('ValidationException', 'Could not find model "arn:…".'));
  await finish({ detail });

  expect(sagemaker.inputsOf('DeleteModel')).toEqual([
    { ModelName: 'graft-dev-batch-1-2' },
    { ModelName: 'graft-dev-batch-1-2' },
  ]);
});

test('an event of a batch that runs is refused, so that none loses its model', async () => {
  const event = { detail: { ...detail, TransformJobStatus: 'InProgress' } };

  await expect(handler(event as never, {} as Context)).rejects.toThrow(/TransformJobStatus/);
});
