import * as z from 'zod';
import { approvalSchema } from './approval.ts';
import { versionSchema } from './common.ts';
import { gateRowSchema } from './decision.ts';
import { forceSchema, personSchema, reasonSchema } from './promotion.ts';

export const outcomeNameSchema = z.enum([
  'DEPLOYED',
  'REJECTED',
  'ROLLED_BACK',
  'SUPERSEDED',
  'FAILED',
  /** The gate decided (`gateOnly`), and nothing was deployed. */
  'EVALUATED',
]);
export type OutcomeName = z.output<typeof outcomeNameSchema>;

/** What was live when a person rolled back to an earlier champion, and who did. */
export const rolledBackFromSchema = z.strictObject({
  version: versionSchema,
  execution: z.string(),
  endpointConfig: z.string(),
  by: personSchema,
  reason: reasonSchema.optional(),
});

/** `outcome.json`: how one promotion ended for one domain. */
export const outcomeSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: z.string(),
  model: z.string(),
  version: z.string(),
  execution: z.string(),
  outcome: outcomeNameSchema,
  /** One sentence a domain owner can act on. */
  reason: z.string(),
  baselineAccuracy: z.number().optional(),
  transferAccuracy: z.number().optional(),
  gate: z.array(gateRowSchema).optional(),
  /** Who promoted it although the gate rejected it. */
  forced: forceSchema.optional(),
  /** The person's answer, where the domain asks for approval. */
  approval: approvalSchema.optional(),
  rolledBackFrom: rolledBackFromSchema.optional(),
  /** The version that is live instead, where the promoted model counts as older. */
  supersededBy: versionSchema.optional(),
  endpoint: z.string().optional(),
  endpointConfig: z.string().optional(),
  /** Findings about the data for the domain's owner, a sentence each. */
  warnings: z.array(z.string()).optional(),
  finishedAt: z.iso.datetime(),
});
export type Outcome = z.output<typeof outcomeSchema>;

/**
 * What requests to the shared endpoint name the model by; only where a model is served there. Beside it,
 * `endpointConfig` is the name of this deployment alone, which SageMaker does not know.
 */
export const targetModelSchema = z.string().min(1).max(1024);

/** `domains/<domain>/champion.json`: the model that is live. It changes only by conditional write. */
export const championSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: z.string(),
  model: z.string(),
  version: z.string(),
  execution: z.string(),
  trainingJob: z.string(),
  /** S3 key (artifacts bucket) of its `model.tar.gz`: the next promotion scores it again. */
  modelKey: z.string(),
  modelName: z.string(),
  endpoint: z.string(),
  endpointConfig: z.string(),
  targetModel: targetModelSchema.optional(),
  /** S3 key (artifacts bucket) of the evaluation that got it promoted. */
  evaluationKey: z.string(),
  accuracy: z.number(),
  promotedAt: z.iso.datetime(),
  /** Only where a rollback put it back over a newer one. */
  rolledBackFrom: rolledBackFromSchema.optional(),
});
export type Champion = z.output<typeof championSchema>;
