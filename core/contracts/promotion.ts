import { z } from 'zod';
import { nameSchema, versionSchema } from './common.ts';

/**
 * Input of the state machine `promote-model`, whether the S3 event or a person starts it. Deterministic: the same model version gives
 * the same bytes, so that a duplicated event meets the same execution.
 */
export const promotionInputSchema = z.strictObject({
  model: nameSchema,
  version: versionSchema,
  /** Only these domains; all that have a `domain.json` when left out. */
  domains: z.array(nameSchema).min(1).max(1000).optional(),
});
export type PromotionInput = z.output<typeof promotionInputSchema>;
