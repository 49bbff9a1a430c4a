import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import * as z from 'zod';
import { cloudWatchLogsClient, sageMakerClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { limitLogs } from '#cloud/aws/log-retention.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { deleteModel } from '#cloud/endpoints/models.ts';
import { lambda } from './middleware/lambda.ts';

/** Where SageMaker writes the logs of all transform jobs of an account. */
const LOG_GROUP = '/aws/sagemaker/TransformJobs';

/** AWS adds members to its events, so these schemas accept unknown ones. */
const inputSchema = z.object({
  detail: z.object({
    TransformJobName: z.string(),
    TransformJobStatus: z.enum(['Completed', 'Failed', 'Stopped']),
  }),
});

interface FinishBatchServices {
  sagemaker: SageMakerClient;
  logs: CloudWatchLogsClient;
  settings: { batchLogDays: number | undefined };
}

/**
 * Deletes the model of a batch that has ended, which has its transform job's name and no other use, and
 * limits the logs of batches, where the stage's settings say so.
 */
export function createFinishBatch({ sagemaker, logs, settings }: FinishBatchServices) {
  const { batchLogDays } = settings;

  return async function finishBatch({ detail }: z.output<typeof inputSchema>): Promise<void> {
    await deleteModel(sagemaker, detail.TransformJobName);
    log.info('a batch has ended', { ...detail });
    if (batchLogDays === undefined) return;
    // The next batch tries it again.
    await limitLogs(logs, LOG_GROUP, batchLogDays).catch((error: Error) =>
      log.warn('could not limit the logs of batches', { error }),
    );
  };
}

export const handler = lambda('FinishBatch', inputSchema, () =>
  createFinishBatch({
    sagemaker: sageMakerClient(),
    logs: cloudWatchLogsClient(),
    settings: readSettings('batchLogDays'),
  }),
);
