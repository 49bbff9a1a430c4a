import { z } from 'zod';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 digest in lower-case hexadecimal');

/**
 * A domain or model name. It is part of S3 keys, endpoint names and URLs: lower-case letters, digits and
 * single hyphens, 1–30 characters.
 */
export const nameSchema = z
  .string()
  .max(30, 'at most 30 characters')
  .regex(
    /^[a-z0-9](-?[a-z0-9])*$/,
    'expected lower-case letters, digits and single hyphens, for instance "produce"',
  );

/**
 * A general model's version: UTC time of training and the first six digits of the weights' digest, for
 * instance `20261123T154200Z-3f2a9c`. Versions sort by age as text.
 */
export const versionSchema = z
  .string()
  .regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/, 'expected a version such as "20261123T154200Z-3f2a9c"');

/** Shape of one image for the network: rows × columns × channels, values scaled as `normalisation` says. */
export const inputSchema = z.strictObject({
  height: z.int().min(8).max(1024),
  width: z.int().min(8).max(1024),
  channels: z.literal(3),
  /** `value = pixel × scale + offset`, pixel in 0…255. */
  normalisation: z.strictObject({ scale: z.number(), offset: z.number() }),
});
export type Input = z.output<typeof inputSchema>;

/** A share in [0, 1]. */
export const shareSchema = z.number().min(0).max(1);
