import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { stepFunctionsClient } from '#cloud/clients.ts';
import { log } from '#cloud/log.ts';
import { readSettings } from '#cloud/settings.ts';
import { promotionInputSchema } from '#core/contracts/promotion.ts';
import { executionName } from '#core/names.ts';
import { parse } from '#core/parse.ts';
import { lambda } from './middleware/lambda.ts';

/** S3's event as EventBridge delivers it. Unlike in S3's own notifications, the key is not URL-encoded. */
const inputSchema = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string() }),
  }),
});

export interface StartPromotionDependencies {
  sfn: SFNClient;
  stateMachineArn: string;
  modelsBucket: string;
}

export type Started = { started: boolean; execution?: string };

/**
 * Starts the promotion of the general model whose manifest has arrived. Name and input of the execution depend on nothing but the
 * model's name and version, so that an event that is delivered twice finds the execution that its first delivery started.
 */
export function createStartPromotion({ sfn, stateMachineArn, modelsBucket }: StartPromotionDependencies) {
  return async function startPromotion({ detail }: z.output<typeof inputSchema>): Promise<Started> {
    const { bucket, object } = detail;
    const [folder, model, version, file, ...rest] = object.key.split('/');
    if (bucket.name !== modelsBucket || folder !== 'general' || file !== 'manifest.json' || rest.length > 0) {
      log.info('not the manifest of a general model', { bucket: bucket.name, key: object.key });
      return { started: false };
    }
    const input = parse(
      promotionInputSchema,
      { model, version },
      `The key s3://${bucket.name}/${object.key}`,
      'Push general models with `graft push`.',
    );
    const execution = executionName(input.model, input.version);
    try {
      await sfn.send(
        new StartExecutionCommand({
          stateMachineArn,
          name: execution,
          input: JSON.stringify({ model: input.model, version: input.version }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      log.info('this version has been promoted before: a duplicated event', { execution });
      return { started: false, execution };
    }
    log.info('promotion started', { execution });
    return { started: true, execution };
  };
}

export const handler = lambda('StartPromotion', inputSchema, () => {
  const settings = readSettings('GRAFT_STATE_MACHINE_ARN', 'GRAFT_MODELS_BUCKET');
  return createStartPromotion({
    sfn: stepFunctionsClient(),
    stateMachineArn: settings.GRAFT_STATE_MACHINE_ARN,
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
  });
});
