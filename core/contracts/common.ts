import * as z from 'zod';

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
 * A general model's version: UTC time of training or import and the first six digits of its graph's digest,
 * for instance `20261123T154200Z-3f2a9c`. Versions sort by age as text.
 */
export const versionSchema = z
  .string()
  .regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/, 'expected a version such as "20261123T154200Z-3f2a9c"');

/** The ways in which an image gets the network's height and width; `resizeSchema` explains them. */
export const fitSchema = z.enum(['stretch', 'cover', 'contain']);

/** How an image gets the network's height and width. */
export const resizeSchema = z.discriminatedUnion('fit', [
  /** Whatever its proportions. */
  z.strictObject({ fit: z.literal('stretch') }),
  /** Its shorter side is scaled to `size / crop`, and the centre is cut out. */
  z.strictObject({ fit: z.literal('cover'), crop: z.number().min(0.5).max(1) }),
  /** The whole image, with borders of the colour `mean`. */
  z.strictObject({ fit: z.literal('contain') }),
]);
export type Resize = z.output<typeof resizeSchema>;

const perChannel = (value: z.ZodNumber) => z.tuple([value, value, value]);

/**
 * What a network takes, and how an image becomes that: everything that is needed to get the same numbers
 * anywhere. The input's shape is [n, 3, height, width] (`NCHW`) or [n, height, width, 3] (`NHWC`).
 */
export const inputSchema = z.strictObject({
  /** Of the graph's input. */
  name: z.string().min(1),
  layout: z.enum(['NCHW', 'NHWC']),
  height: z.int().min(8).max(1024),
  width: z.int().min(8).max(1024),
  /** Order of the channels. */
  colours: z.enum(['RGB', 'BGR']),
  resize: resizeSchema,
  interpolation: z.enum(['linear', 'cubic', 'lanczos3']),
  /**
   * `value = (pixel − mean) / deviation`, pixel in 0…255. Of each channel, in the order of `colours`.
   */
  mean: perChannel(z.number()),
  deviation: perChannel(z.number().positive()),
});
export type Input = z.output<typeof inputSchema>;

/** A share in [0, 1]. */
export const shareSchema = z.number().min(0).max(1);
