import * as z from 'zod';

/** Every answer that is no success (RFC 9457). */
export const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599).optional(),
  detail: z.string(),
  instance: z.string().meta({ description: '`urn:request:` and the request id.' }),
});

/**
 * Half a surrogate pair, which strings in JSON may have, can be no part of a key in S3, nor of a request to
 * it.
 */
export const isWellFormed = (text: string): boolean => text.isWellFormed();

export const healthSchema = z.strictObject({ status: z.literal('ok') });

/** The OpenAPI document, of which only the beginning is checked. */
export const openApiSchema = z.looseObject({ openapi: z.literal('3.1.1'), paths: z.looseObject({}) });
