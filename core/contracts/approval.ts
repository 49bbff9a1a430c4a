import * as z from 'zod';
import { nameSchema, versionSchema } from './common.ts';
import { gateRowSchema } from './decision.ts';
import { forceSchema, personSchema, reasonSchema } from './promotion.ts';

/**
 * A person's answer to AwaitApproval: output of `send-task-success`. A refusal gives its reason. `graft`
 * checks an answer before it sends it, and the state ReadApproval what has arrived, because anyone with the
 * token can answer without `graft`.
 */
export const approvalAnswerSchema = z.discriminatedUnion('approved', [
  z.strictObject({ approved: z.literal(true), by: personSchema, comment: reasonSchema.optional() }),
  z.strictObject({ approved: z.literal(false), by: personSchema, comment: reasonSchema }),
]);
export type ApprovalAnswer = z.output<typeof approvalAnswerSchema>;

/** These rules, for a person who answers without `graft`. */
export const APPROVAL_ANSWER_FORM =
  'It needs "approved" (true or false), "by" (your name), and for a no its reason as "comment".';

/** What became of the question, as `outcome.json` keeps it. `by` is null when no answer came in time. */
export const approvalSchema = z.strictObject({
  approved: z.boolean(),
  by: z.string().nullable(),
  comment: z.string().optional(),
});

/** `callbacks/approvals/<execution>/<domain>.json`: a promotion that waits for a person. */
export const pendingApprovalSchema = z.strictObject({
  schemaVersion: z.literal(1),
  token: z.string().min(1).max(2048),
  execution: z.string(),
  domain: nameSchema,
  model: nameSchema,
  version: versionSchema,
  askedAt: z.iso.datetime(),
  /** After this the answer is no. */
  expiresAt: z.iso.datetime(),
  decision: z.enum(['PROMOTE', 'REJECT']),
  forced: forceSchema.optional(),
  rows: z.array(gateRowSchema),
  baselineAccuracy: z.number(),
  transferAccuracy: z.number(),
});
export type PendingApproval = z.output<typeof pendingApprovalSchema>;
