import { z } from 'zod';
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
  /** Gate-only: decided, and nothing deployed whatever the decision. */
  'EVALUATED',
]);
export type OutcomeName = z.output<typeof outcomeNameSchema>;

/** What was live when somebody went back to an earlier champion, and who it was. */
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
  /** Who had it promoted although the gate said no. */
  forced: forceSchema.optional(),
  /** What a person answered, where the domain asks one. */
  approval: approvalSchema.optional(),
  rolledBackFrom: rolledBackFromSchema.optional(),
  /** Version that is live instead, of a model that was promoted and counts as older. */
  supersededBy: versionSchema.optional(),
  endpoint: z.string().optional(),
  endpointConfig: z.string().optional(),
  /** What a person should know about the data, a sentence each. */
  warnings: z.array(z.string()).optional(),
  finishedAt: z.iso.datetime(),
});
export type Outcome = z.output<typeof outcomeSchema>;

/**
 * `domains/<domain>/champion.json`: what is live. Changes only by conditional write, which makes it the domain's
 * deployment lock.
 */
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
  /** S3 key (artifacts bucket) of the evaluation that got it promoted. */
  evaluationKey: z.string(),
  accuracy: z.number(),
  promotedAt: z.iso.datetime(),
  /** Only when a person put it back over a newer one. */
  rolledBackFrom: rolledBackFromSchema.optional(),
});
export type Champion = z.output<typeof championSchema>;
