import * as z from 'zod';
import { nameSchema, versionSchema } from '#core/contracts/common.ts';
import { gateOnlySchema, reasonSchema } from '#core/contracts/promotion.ts';

/** What the page sends when a person has decided something. Who it is, the console knows. */
export const approveSchema = z.strictObject({ comment: reasonSchema.optional() });
export const rejectSchema = z.strictObject({ comment: reasonSchema });
export const stopSchema = z.strictObject({ reason: reasonSchema });
export const rollbackSchema = z.strictObject({
  toVersion: versionSchema.optional(),
  reason: reasonSchema.optional(),
});
export const promoteSchema = z.strictObject({
  model: nameSchema,
  version: versionSchema,
  /** Deploys it although the gate says no. */
  force: z.strictObject({ reason: reasonSchema }).optional(),
  gateOnly: gateOnlySchema.optional(),
});
