import * as z from 'zod';
import { outcomeNameSchema } from '../contracts/outcome.ts';
import { rollbackInputSchema } from '../contracts/promotion.ts';
import { pageOf, pageQuerySchema } from './paging.ts';

/** States of an execution of Step Functions. */
const statusSchema = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']);

export const promotionQuerySchema = pageQuerySchema.extend({ status: statusSchema.optional() });

/** As of an execution's name. */
export const promotionIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected the id of a promotion');

const promotionSchema = z.strictObject({
  id: z.string(),
  status: statusSchema,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
});
export type PromotionItem = z.output<typeof promotionSchema>;

export const promotionPageSchema = pageOf(promotionSchema);

/** A promotion and what became of each domain. Of other callers' domains it says nothing. */
export const promotionAnswerSchema = promotionSchema.extend({
  model: z.string().optional(),
  version: z.string().optional(),
  rollback: z.boolean().meta({ description: 'Whether it puts an earlier model back.' }),
  domains: z.array(
    z.strictObject({
      domain: z.string(),
      outcome: outcomeNameSchema.nullable().meta({ description: 'null until it is known.' }),
      reason: z.string().optional(),
      baselineAccuracy: z.number().optional(),
      transferAccuracy: z.number().optional(),
      finishedAt: z.iso.datetime().optional(),
    }),
  ),
});
export type PromotionAnswer = z.output<typeof promotionAnswerSchema>;

/** Body of `POST /domains/{domain}/rollback`: the input of a rollback, whose domain the path names. */
export const rollbackRequestSchema = rollbackInputSchema.shape.rollback.omit({ domain: true });

/** Header `Idempotency-Key`. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 printable characters without spaces');

/** What has been started. */
export const startedAnswerSchema = promotionSchema.omit({ endedAt: true });
