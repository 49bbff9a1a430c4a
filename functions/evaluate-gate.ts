import type * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { keepGoldenImages } from '#cloud/data/golden-images.ts';
import { refuseDifferentData } from '#cloud/records/evaluations.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { gatePolicySchema } from '#core/contracts/domain.ts';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import {
  domainPromotionSchema,
  domainSubjectSchema,
  type Gated,
  manualSchema,
  preparedSchema,
} from '#core/contracts/promotion-state.ts';
import { BaselineUnfitError, IntegrityError } from '#core/errors.ts';
import { championCase } from '#core/gate/champion.ts';
import { decide } from '#core/gate/gate.ts';
import { decisionKey, domainSnapshotKey } from '#core/keys.ts';
import { maximumBodyBytes } from '#core/prediction-requests.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  training: domainPromotionSchema.shape.training.unwrap(),
  gate: gatePolicySchema,
  champion: preparedSchema.shape.champion,
  /** Absent in an execution of an older Graft. */
  endpoint: preparedSchema.shape.endpoint.optional(),
  manual: manualSchema.optional(),
});
type Input = z.output<typeof inputSchema>;

/**
 * Makes the gate decision from the evaluations of both jobs on the same test images, which include the
 * champion's answers, and writes it down with its reasons. For a model that may be deployed, it also keeps
 * the golden images.
 */
export function createEvaluateGate({ store, data }: Services<'store' | 'data'>) {
  return async function evaluateGate(input: Input): Promise<Gated> {
    const { training: trained, gate: policy, champion: offered, endpoint, manual, ...subject } = input;
    const transfer = await store.evaluations.collect(subject, 'transfer', trained.transfer);
    const challenger = transfer.evaluation;
    const baseline = await baselineFor(input, challenger);
    // Looked up now: another promotion may have gone live since this one began.
    const live = (await store.champions.find(subject.domain))?.champion;
    // With gate-only, the jobs were given the champion of an earlier execution.
    const given = manual?.gateOnly ? null : (offered?.trainingJob ?? null);
    const isNew = live !== undefined && live.trainingJob !== given;
    const own = isNew ? await store.evaluations.find(live.evaluationKey) : undefined;
    const champion = championCase({ live, offered: given, challenger, own });

    const decided = decide({ challenger, baseline: baseline.evaluation, champion, policy });
    const key = decisionKey(subject.execution, subject.domain);
    // A model that the gate accepts is not forced.
    const force = decided.decision === 'REJECT' ? manual?.force : undefined;
    const forced = force === undefined ? {} : { forced: force };
    const { reusedFrom } = trained.baseline;
    const reuse = reusedFrom === undefined ? {} : { baselineReusedFrom: reusedFrom };
    await store.bucket.writeJson(key, { ...decided, ...forced, ...reuse });
    const { decision, rows, baselineAccuracy, transferAccuracy } = decided;
    if ((decision === 'PROMOTE' || force !== undefined) && !manual?.gateOnly) {
      const snapshot = domainSnapshotKey(subject.execution, subject.domain);
      await keepGoldenImages(store.bucket, transfer.key, {
        data,
        domain: subject.domain,
        rows: challenger.rows,
        limit: maximumBodyBytes(endpoint?.settings.type ?? 'serverless'),
        // The job began after the snapshot, so an image that has not changed since is the one that the job
        // read.
        since: (await store.bucket.modifiedAt(snapshot)) ?? Number.POSITIVE_INFINITY,
      });
    }
    return {
      decision,
      rows,
      baselineAccuracy,
      transferAccuracy,
      ...forced,
      ...reuse,
      decisionKey: key,
      evaluationKeys: { transfer: transfer.key, baseline: baseline.key },
      champion: live?.trainingJob ?? null,
      ...(challenger.warnings === undefined ? {} : { warnings: challenger.warnings }),
    };
  };

  async function baselineFor(
    { training: { baseline: trained }, manual, ...subject }: Input,
    challenger: Evaluation,
  ) {
    if (trained.reusedFrom === undefined) {
      const own = await store.evaluations.collect(subject, 'baseline', trained);
      refuseDifferentData(challenger, own.evaluation);
      return own;
    }
    try {
      return await store.evaluations.collectReused(subject, trained, challenger);
    } catch (error) {
      // Gate-only trains nothing, so it cannot train another baseline.
      if (error instanceof BaselineUnfitError && manual?.gateOnly) {
        throw new IntegrityError(error.message, { cause: error });
      }
      throw error;
    }
  }
}

export const handler = lambda('EvaluateGate', inputSchema, () => {
  const { artifactsBucket, dataBucket } = readSettings('artifactsBucket', 'dataBucket');
  const s3 = s3Client();
  return createEvaluateGate({ store: promotionStore(s3, artifactsBucket), data: new Bucket(s3, dataBucket) });
});
