import * as z from 'zod';
import { nameSchema } from '../contracts/common.ts';

/** What a caller of the REST API may do. None of them includes another. */
export const rightSchema = z.enum(['predict', 'read', 'operate']);
export type Right = z.output<typeof rightSchema>;

/** Every domain, also those to come. */
export const ALL_DOMAINS = '*';

/**
 * `access/<key>.json` in the artifacts bucket, by the id of the API key: what its holder may do, and where.
 */
export const accessSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Whose key it is, for people. */
  name: z.string().min(1).max(100),
  domains: z.union([z.literal(ALL_DOMAINS), z.array(nameSchema).min(1).max(1000)]),
  rights: z.array(rightSchema).min(1),
});
export type Access = z.output<typeof accessSchema>;
