import type * as z from 'zod';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { describeTrainingJob } from '#cloud/training/training-jobs.ts';
import type { Mode } from '#core/contracts/evaluation.ts';
import { gateOnlySchema } from '#core/contracts/promotion.ts';
import { type DomainPromotion, domainSubjectSchema, type Trained } from '#core/contracts/promotion-state.ts';
import { NotFoundError, TrainingFailedError } from '#core/errors.ts';
import { trainingJobName } from '#core/names.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({ gateOnly: gateOnlySchema });

/** Finds what both training jobs of an earlier execution produced, for a new gate decision. */
export function createFindTraining({
  store,
  sagemaker,
  settings,
}: Services<'store' | 'sagemaker', 'endpointPrefix'>) {
  return async function findTraining({
    domain,
    gateOnly,
  }: z.output<typeof inputSchema>): Promise<NonNullable<DomainPromotion['training']>> {
    const { trainingOf } = gateOnly;

    async function find(mode: Mode): Promise<Trained> {
      const job = trainingJobName(settings.endpointPrefix, trainingOf, domain, mode);
      const state = await describeTrainingJob(sagemaker, store.bucket, job);
      if (state === undefined) {
        const reused = mode === 'baseline' ? await store.baselines.findReuse(trainingOf, domain) : undefined;
        if (reused !== undefined) return reused;
        throw new NotFoundError(
          `gateOnly.trainingOf: execution ${trainingOf} has trained nothing for "${domain}" (there is no training job ${job})`,
          { hint: 'Name an execution that came to its gate.' },
        );
      }
      if (state.status === 'completed') return state.trained;
      throw new TrainingFailedError(
        state.status === 'failed' ? state.reason : `gateOnly.trainingOf: training job ${job} still runs`,
      );
    }
    return { transfer: await find('transfer'), baseline: await find('baseline') };
  };
}

export const handler = lambda('FindTraining', inputSchema, () => {
  const settings = readSettings('artifactsBucket', 'endpointPrefix');
  const store = promotionStore(s3Client(), settings.artifactsBucket);
  return createFindTraining({ store, sagemaker: sageMakerClient(), settings });
});
