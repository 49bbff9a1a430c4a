import type { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { findChampion } from '#cloud/champions.ts';
import { s3Client } from '#cloud/clients.ts';
import { collectEvaluation, refuseDifferentData } from '#cloud/evaluations.ts';
import { findJson, writeJson } from '#cloud/objects.ts';
import { readSettings } from '#cloud/settings.ts';
import { gatePolicySchema } from '#core/contracts/domain.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import {
  domainPromotionSchema,
  domainSubjectSchema,
  type Gated,
  manualSchema,
  preparedSchema,
} from '#core/contracts/promotion-state.ts';
import { championCase } from '#core/gate/champion.ts';
import { decide } from '#core/gate/gate.ts';
import { decisionKey } from '#core/keys.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainSubjectSchema.extend({
  training: domainPromotionSchema.shape.training.unwrap(),
  gate: gatePolicySchema,
  champion: preparedSchema.shape.champion,
  manual: manualSchema.optional(),
});

/** Decides from what both jobs measured on the same test images, the champion's answers among it, and writes the decision down with its reasons. */
export function createEvaluateGate(s3: S3Client, artifactsBucket: string) {
  return async function evaluateGate(input: z.output<typeof inputSchema>): Promise<Gated> {
    const { training, gate: policy, champion: offered, manual, ...subject } = input;
    const collect = (mode: 'transfer' | 'baseline') =>
      collectEvaluation(s3, artifactsBucket, subject, mode, training[mode]);
    const transfer = await collect('transfer');
    const baseline = await collect('baseline');
    refuseDifferentData(transfer.evaluation, baseline.evaluation);

    const challenger = transfer.evaluation;
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
    await writeJson(s3, artifactsBucket, key, { ...decided, ...forced });
    const { decision, rows, baselineAccuracy, transferAccuracy } = decided;
    return {
      decision,
      rows,
      baselineAccuracy,
      transferAccuracy,
      ...forced,
      decisionKey: key,
      evaluationKeys: { transfer: transfer.key, baseline: baseline.key },
      champion: live?.trainingJob ?? null,
      ...(challenger.warnings === undefined ? {} : { warnings: challenger.warnings }),
    };
  };
}

export const handler = lambda('EvaluateGate', inputSchema, () =>
  createEvaluateGate(s3Client(), readSettings('GRAFT_ARTIFACTS_BUCKET').GRAFT_ARTIFACTS_BUCKET),
);
