import type { S3Client } from '@aws-sdk/client-s3';
import { Bucket } from '../aws/bucket.ts';
import { approvalsIn } from './approvals.ts';
import { baselinesIn } from './baselines.ts';
import { endpointCallbacksIn, trainingCallbacksIn } from './callbacks.ts';
import { championHistoryIn } from './champion-history.ts';
import { championsIn } from './champions.ts';
import { configurationsIn } from './configurations.ts';
import { deploymentLocksIn } from './deployment-locks.ts';
import { evaluationsIn } from './evaluations.ts';
import { goldenAnswersIn } from './golden-answers.ts';
import { outcomesIn } from './outcomes.ts';
import { promotionRecordsIn } from './promotion-records.ts';

export type PromotionStore = ReturnType<typeof promotionStore>;

/** Everything that promotions read and write in the artifacts bucket. */
export function promotionStore(s3: S3Client, artifactsBucket: string) {
  const bucket = new Bucket(s3, artifactsBucket);
  return {
    bucket,
    approvals: approvalsIn(bucket),
    baselines: baselinesIn(bucket),
    champions: championsIn(bucket),
    championHistory: championHistoryIn(bucket),
    configurations: configurationsIn(bucket),
    endpointCallbacks: endpointCallbacksIn(bucket),
    evaluations: evaluationsIn(bucket),
    goldenAnswers: goldenAnswersIn(bucket),
    locks: deploymentLocksIn(bucket),
    outcomes: outcomesIn(bucket),
    promotions: promotionRecordsIn(bucket),
    trainingCallbacks: trainingCallbacksIn(bucket),
  };
}
