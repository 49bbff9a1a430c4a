import type { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { s3Client } from '#cloud/aws/clients.ts';
import { findJson, writeJson } from '#cloud/aws/objects.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { keepGoldenImages } from '#cloud/data/golden-images.ts';
import { findChampion } from '#cloud/records/champions.ts';
import { collectEvaluation, collectReusedBaseline, refuseDifferentData } from '#cloud/records/evaluations.ts';
import { modifiedAt } from '#cloud/registry/newest-model.ts';
import { gatePolicySchema } from '#core/contracts/domain.ts';
import { type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
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

const inputSchema = domainSubjectSchema.extend({
  training: domainPromotionSchema.shape.training.unwrap(),
  gate: gatePolicySchema,
  champion: preparedSchema.shape.champion,
  /** Absent in an execution that began before the golden images were kept. */
  endpoint: preparedSchema.shape.endpoint.optional(),
  manual: manualSchema.optional(),
});
type Input = z.output<typeof inputSchema>;

/**
 * Decides from what both jobs measured on the same test images, the champion's answers among it, and writes the decision down with its
 * reasons. Of a model that may be deployed it keeps the golden images.
 */
export function createEvaluateGate(
  s3: S3Client,
  { artifactsBucket, dataBucket }: { artifactsBucket: string; dataBucket: string },
) {
  return async function evaluateGate(input: Input): Promise<Gated> {
    const { training, gate: policy, champion: offered, endpoint, manual, ...subject } = input;
    const transfer = await collectEvaluation(s3, artifactsBucket, subject, 'transfer', training.transfer);
    const challenger = transfer.evaluation;
    const baseline = await baselineFor(input, challenger);
    // Looked up now: another promotion may have crowned one since this one began.
    const live = (await findChampion(s3, artifactsBucket, subject.domain))?.champion;
    // A job that is only asked about again was given the champion of its own time.
    const given = manual?.gateOnly ? null : (offered?.trainingJob ?? null);
    const isNew = live !== undefined && live.trainingJob !== given;
    const own = isNew
      ? (await findJson(s3, artifactsBucket, live.evaluationKey, evaluationSchema))?.value
      : undefined;
    const champion = championCase({ live, offered: given, challenger, own });

    const decided = decide({ challenger, baseline: baseline.evaluation, champion, policy });
    const key = decisionKey(subject.execution, subject.domain);
    // Whoever forces a model that the gate accepts has forced nothing.
    const force = decided.decision === 'REJECT' ? manual?.force : undefined;
    const forced = force === undefined ? {} : { forced: force };
    const { reusedFrom } = training.baseline;
    const reuse = reusedFrom === undefined ? {} : { baselineReusedFrom: reusedFrom };
    await writeJson(s3, artifactsBucket, key, { ...decided, ...forced, ...reuse });
    const { decision, rows, baselineAccuracy, transferAccuracy } = decided;
    if ((decision === 'PROMOTE' || force !== undefined) && !manual?.gateOnly) {
      const snapshot = domainSnapshotKey(subject.execution, subject.domain);
      await keepGoldenImages(s3, artifactsBucket, transfer.key, {
        dataBucket,
        domain: subject.domain,
        rows: challenger.rows,
        limit: maximumBodyBytes(endpoint?.settings.type ?? 'serverless'),
        // The job began after that, so what is as it was then is what the job has seen.
        since: (await modifiedAt(s3, artifactsBucket, snapshot)) ?? Number.POSITIVE_INFINITY,
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

  async function baselineFor({ training, manual, ...subject }: Input, challenger: Evaluation) {
    const { baseline } = training;
    if (baseline.reusedFrom === undefined) {
      const own = await collectEvaluation(s3, artifactsBucket, subject, 'baseline', baseline);
      refuseDifferentData(challenger, own.evaluation);
      return own;
    }
    try {
      return await collectReusedBaseline(s3, artifactsBucket, subject, baseline, challenger);
    } catch (error) {
      // Gate-only trains nothing, so that nobody could train another one.
      if (error instanceof BaselineUnfitError && manual?.gateOnly) {
        throw new IntegrityError(error.message, { cause: error });
      }
      throw error;
    }
  }
}

export const handler = lambda('EvaluateGate', inputSchema, () => {
  const settings = readSettings('GRAFT_ARTIFACTS_BUCKET', 'GRAFT_DATA_BUCKET');
  return createEvaluateGate(s3Client(), {
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    dataBucket: settings.GRAFT_DATA_BUCKET,
  });
});
