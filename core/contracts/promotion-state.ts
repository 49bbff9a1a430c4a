import * as z from 'zod';
import { approvalSchema } from './approval.ts';
import { nameSchema, sha256Schema, versionSchema } from './common.ts';
import { gateRowSchema } from './decision.ts';
import { approvalPolicySchema, endpointSchema, gatePolicySchema, recipeSchema } from './domain.ts';
import { championSchema, outcomeNameSchema, rolledBackFromSchema, targetModelSchema } from './outcome.ts';
import { forceSchema, gateOnlySchema } from './promotion.ts';

/**
 * What the states of `promote-model` hand to each other: keys and names, never contents, since a state's data
 * may not exceed 262,144 bytes. Inside the Map one object grows from state to state
 * (`domainPromotionSchema`).
 */

/** What identifies one domain's promotion, in every state of the Map. */
const subject = {
  /** Name of the execution. */
  execution: z.string().min(1).max(80),
  /** PrepareDomain checks the rules for names, so that a folder with a bad name fails that domain only. */
  domain: z.string().min(1),
  model: nameSchema,
  version: versionSchema,
};
export const domainSubjectSchema = z.strictObject(subject);
export type DomainSubject = z.output<typeof domainSubjectSchema>;

/** A rollback as VerifyModel found it: from the live model to an earlier champion. */
export const rollbackSchema = z.strictObject({ from: rolledBackFromSchema, target: championSchema });
export type Rollback = z.output<typeof rollbackSchema>;

/** What only a person asks for; empty in a promotion that an event started. */
export const manualSchema = z.strictObject({
  force: forceSchema.optional(),
  gateOnly: gateOnlySchema.optional(),
  rollback: rollbackSchema.optional(),
});

/** Answer of VerifyModel: one item of the Map per domain. */
export const verifiedSchema = z.strictObject({
  model: nameSchema,
  version: versionSchema,
  /** Absent in a rollback, whose model was verified before. */
  manifestSha256: sha256Schema.optional(),
  domains: z.array(z.string().min(1)),
  /** Whether the input named the domains. This allows promoting the live version once more (on new data). */
  chosen: z.boolean(),
  manual: manualSchema,
});
export type Verified = z.output<typeof verifiedSchema>;

/**
 * The fields of a recipe that the training job's request needs; the container reads the others from
 * `domain.json`.
 */
export const trainingResourcesSchema = recipeSchema.pick({
  instanceType: true,
  spot: true,
  maxSeconds: true,
});
export type TrainingResources = z.output<typeof trainingResourcesSchema>;

/** The champion when the promotion began. The transfer job scores it again. */
export const offeredChampionSchema = z.strictObject({
  trainingJob: z.string(),
  version: versionSchema,
  /** null when its archive is gone, so that it cannot be scored. */
  modelKey: z.string().nullable(),
});
export type OfferedChampion = z.output<typeof offeredChampionSchema>;

/**
 * Images of a domain in the data bucket. `other` counts those of none of its classes; absent where there are
 * none.
 */
export const imageCountsSchema = z.strictObject({
  train: z.int().positive(),
  test: z.int().positive(),
  other: z.int().positive().optional(),
});

/** Finds the baseline of an earlier promotion. */
export const baselineQuerySchema = z.strictObject({
  /** What the baseline depends on in the domain (`core/baseline-fingerprint.ts`). */
  domainFingerprint: sha256Schema,
  /** False once the gate has found that the baseline found before does not fit. */
  reuse: z.boolean(),
});

/** Answer of PrepareDomain. */
export const preparedSchema = z.strictObject({
  /** Names of the two training jobs. */
  jobs: z.strictObject({ transfer: z.string(), baseline: z.string() }),
  resources: trainingResourcesSchema,
  gate: gatePolicySchema,
  endpoint: z.strictObject({ name: z.string(), settings: endpointSchema }),
  images: imageCountsSchema,
  /** null when nothing was live. */
  champion: offeredChampionSchema.nullable(),
  /** Findings about the data for the domain's owner, a sentence each. */
  warnings: z.array(z.string()).optional(),
  approval: approvalPolicySchema.optional(),
  baseline: baselineQuerySchema.optional(),
});
export type Prepared = z.output<typeof preparedSchema>;

/** Input of StartFineTuning and StartBaseline. */
export const trainingTaskInputSchema = z.strictObject({
  token: z.string().min(1),
  ...subject,
  job: z.string(),
  resources: trainingResourcesSchema,
  images: imageCountsSchema.optional(),
  champion: offeredChampionSchema.nullish(),
  baseline: baselineQuerySchema.nullish(),
});
export type TrainingTaskInput = z.output<typeof trainingTaskInputSchema>;

/**
 * A completed training job: output of StartFineTuning and StartBaseline. Keys are of the artifacts bucket.
 */
export const trainedSchema = z.strictObject({
  job: z.string(),
  modelKey: z.string(),
  outputKey: z.string(),
  /** Execution that trained this baseline; absent where the promotion trained its own. */
  reusedFrom: z.string().optional(),
  /** Evaluation of that baseline. */
  evaluationKey: z.string().optional(),
});
export type Trained = z.output<typeof trainedSchema>;

/** Answer of EvaluateGate. Keys are of the artifacts bucket. */
export const gatedSchema = z.strictObject({
  decision: z.enum(['PROMOTE', 'REJECT']),
  rows: z.array(gateRowSchema),
  baselineAccuracy: z.number(),
  transferAccuracy: z.number(),
  /** Who promotes it although the decision is REJECT. */
  forced: forceSchema.optional(),
  decisionKey: z.string(),
  evaluationKeys: z.strictObject({ transfer: z.string(), baseline: z.string() }),
  baselineReusedFrom: z.string().optional(),
  /** Training job of the champion that the challenger was compared with; null when there was none. */
  champion: z.string().nullish(),
  /** What the transfer job found about the images. */
  warnings: z.array(z.string()).optional(),
});
export type Gated = z.output<typeof gatedSchema>;

/** The champion when the deployment began, read while holding the deployment lock. */
export const previousChampionSchema = z.strictObject({
  /** ETag of `champion.json`, for the conditional write at the end. */
  etag: z.string().min(1),
  version: versionSchema,
  endpointConfig: z.string(),
  /** Executions that an earlier version of Graft began do not say it. */
  endpoint: z.string().optional(),
});

/** An endpoint that is `InService` on the requested configuration: output of DeployEndpoint. */
export const deployedSchema = z.strictObject({
  endpoint: z.string(),
  endpointConfig: z.string(),
  modelName: z.string(),
  targetModel: targetModelSchema.optional(),
  /** null when nothing was live before. */
  previous: previousChampionSchema.nullable(),
});
export type Deployed = z.output<typeof deployedSchema>;

/** Answer of ConfirmEndpoint. */
export const confirmedSchema = z.strictObject({ goldenImages: z.int().positive() });
export type Confirmed = z.output<typeof confirmedSchema>;

/**
 * Output of RestoreEndpoint. `endpointConfig` is null when the endpoint was deleted because there was none
 * before.
 */
export const restoredSchema = z.strictObject({
  endpoint: z.string(),
  endpointConfig: z.string().nullable(),
});
export type Restored = z.output<typeof restoredSchema>;

/** `$states.errorOutput`. */
export const stateErrorSchema = z.object({ Error: z.string(), Cause: z.string().optional() });
export type StateError = z.output<typeof stateErrorSchema>;

/** Everything known about one domain's promotion when FinishDomain is reached. */
export const domainPromotionSchema = z.strictObject({
  ...subject,
  chosen: z.boolean(),
  manual: manualSchema.optional(),
  prepared: preparedSchema.optional(),
  training: z.strictObject({ transfer: trainedSchema, baseline: trainedSchema }).optional(),
  gate: gatedSchema.optional(),
  /** The person's answer. */
  approval: approvalSchema.optional(),
  deployment: deployedSchema.optional(),
  confirmed: confirmedSchema.optional(),
  /** Why the endpoint was restored to what it was before. */
  mismatch: stateErrorSchema.optional(),
  restored: restoredSchema.optional(),
  error: stateErrorSchema.optional(),
});
export type DomainPromotion = z.output<typeof domainPromotionSchema>;

/**
 * Answer of FinishDomain: an excerpt of `outcome.json`, small enough that hundreds of domains fit into one
 * state's data.
 */
export const domainOutcomeSchema = z.strictObject({
  domain: z.string(),
  outcome: outcomeNameSchema,
  reason: z.string(),
  baselineAccuracy: z.number().optional(),
  transferAccuracy: z.number().optional(),
  endpoint: z.string().optional(),
});
export type DomainOutcome = z.output<typeof domainOutcomeSchema>;

/** Answer of FinishPromotion and output of an execution that succeeds. */
export const promotionSummarySchema = z.strictObject({
  model: nameSchema,
  version: versionSchema,
  outcomes: z.array(domainOutcomeSchema),
  /** Domains whose outcome is FAILED; the execution fails when there are any. */
  failed: z.array(z.string()),
  /** One sentence for people, for instance `2 domains: 1 DEPLOYED, 1 REJECTED`. */
  summary: z.string(),
});
export type PromotionSummary = z.output<typeof promotionSummarySchema>;
