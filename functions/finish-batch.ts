import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import * as z from 'zod';
import { sageMakerClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { deleteModel } from '#cloud/endpoints/models.ts';
import { lambda } from './middleware/lambda.ts';

/** AWS adds members to its events, so these schemas accept unknown ones. */
const inputSchema = z.object({
  detail: z.object({
    TransformJobName: z.string(),
    TransformJobStatus: z.enum(['Completed', 'Failed', 'Stopped']),
  }),
});

/** Deletes the model of a batch that has ended, which has its transform job's name and no other use. */
export function createFinishBatch({ sagemaker }: { sagemaker: SageMakerClient }) {
  return async function finishBatch({ detail }: z.output<typeof inputSchema>): Promise<void> {
    await deleteModel(sagemaker, detail.TransformJobName);
    log.info('a batch has ended', { ...detail });
  };
}

export const handler = lambda('FinishBatch', inputSchema, () =>
  createFinishBatch({ sagemaker: sageMakerClient() }),
);
