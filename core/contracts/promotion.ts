import * as z from 'zod';
import { nameSchema, versionSchema } from './common.ts';

/** The person who is responsible for a decision: a name that others recognise. */
export const personSchema = z.string().trim().min(1, 'expected a name').max(100, 'at most 100 characters');
/** Why the person decided so. */
export const reasonSchema = z
  .string()
  .trim()
  .min(1, 'expected a reason')
  .max(1_000, 'at most 1,000 characters');

/**
 * A promotion although the gate says no. Nothing else is skipped: signature, digests and golden images are
 * checked.
 */
export const forceSchema = z.strictObject({ by: personSchema, reason: reasonSchema });

/**
 * Asks the gate again about what an earlier execution trained, with the gate policy that `domain.json` has
 * now. Deploys nothing.
 */
export const gateOnlySchema = z.strictObject({
  /** Name of that execution. */
  trainingOf: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected the name of an execution'),
});

/**
 * Input of the state machine `promote-model` that promotes a general model; an S3 event or a person starts
 * it. What events write is deterministic: the same event gives the same bytes, so that a duplicate meets the
 * same execution.
 */
export const promotionInputSchema = z
  .strictObject({
    model: nameSchema,
    version: versionSchema,
    /** Only these domains; all that have a `domain.json` when left out. */
    domains: z.array(nameSchema).min(1).max(1000).optional(),
    force: forceSchema.optional(),
    gateOnly: gateOnlySchema.optional(),
  })
  .superRefine((input, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (input.force && !input.domains) refuse('domains', 'a forced promotion names the domains it is for');
    if (input.gateOnly && !input.domains) refuse('domains', 'gateOnly names the domains it is for');
    if (input.gateOnly && input.force)
      refuse('force', 'gateOnly deploys nothing, so there is nothing to force');
  });
export type PromotionInput = z.output<typeof promotionInputSchema>;

/** Input that puts an earlier champion of a domain back: the only way from a newer model to an older one. */
export const rollbackInputSchema = z.strictObject({
  rollback: z.strictObject({
    domain: nameSchema,
    /** Version of the general model; by default the champion before the present one. */
    toVersion: versionSchema.optional(),
    by: personSchema,
    reason: reasonSchema.optional(),
  }),
});
export type RollbackInput = z.output<typeof rollbackInputSchema>;

/**
 * Every input of `promote-model`. The field `rollback` tells which of the two is meant, so that errors name
 * fields of that one only.
 */
export const executionInputSchema = z
  .unknown()
  .transform((value, context): PromotionInput | RollbackInput => {
    const isRollback = typeof value === 'object' && value !== null && 'rollback' in value;
    const result = (isRollback ? rollbackInputSchema : promotionInputSchema).safeParse(value);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) {
      context.issues.push({ code: 'custom', input: value, path, message });
    }
    return z.NEVER;
  });
