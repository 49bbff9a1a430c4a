import * as z from 'zod';
import { forceSchema } from './promotion.ts';

/** One rule of the gate: the value it observed, the value it requires, and whether it passed. */
export const gateRowSchema = z.strictObject({
  rule: z.enum([
    'test-images',
    'minimum-accuracy',
    'uplift-over-baseline',
    'no-regression',
    'minimum-recall',
    'latency',
  ]),
  observed: z.string(),
  required: z.string(),
  passed: z.boolean(),
});
export type GateRow = z.output<typeof gateRowSchema>;

/** `decision.json` of one domain in one promotion. */
export const decisionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  decision: z.enum(['PROMOTE', 'REJECT']),
  rows: z.array(gateRowSchema).min(1),
  baselineAccuracy: z.number(),
  transferAccuracy: z.number(),
  /** Execution that trained the baseline, where this promotion reused one. */
  baselineReusedFrom: z.string().optional(),
  /** Accuracy of the champion on the same test images; absent where it was not compared. */
  championAccuracy: z.number().optional(),
  /** Who promotes the model although the gate rejects it, and why. */
  forced: forceSchema.optional(),
});
export type Decision = z.output<typeof decisionSchema>;
