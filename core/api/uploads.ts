import * as z from 'zod';
import { IMAGE_TYPES } from '../image-files.ts';
import { INSTANCE_BODY_BYTES } from '../prediction-requests.ts';

/** An image is sent to the endpoint in one piece, so no upload may be larger than what an endpoint takes. */
export const MAXIMUM_UPLOAD_BYTES = INSTANCE_BODY_BYTES;
/** How long an upload may begin after it was asked for. */
export const UPLOAD_SECONDS = 300;

/** Names an uploaded image to the caller that uploaded it; to others it means nothing. */
export const uploadKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'expected the key of an upload')
  .meta({ description: '`key` of an upload of the same caller.' });

export const uploadRequestSchema = z.strictObject({
  contentType: z.enum(IMAGE_TYPES),
});

/** A form that a browser or program sends to S3: `fields` first, then the image as `file`. */
export const uploadAnswerSchema = z.strictObject({
  key: uploadKeySchema,
  url: z.url(),
  fields: z.record(z.string(), z.string()),
  maximumBytes: z.literal(MAXIMUM_UPLOAD_BYTES),
  expiresAt: z.iso.datetime().meta({ description: 'The upload has to begin before.' }),
});
export type UploadAnswer = z.output<typeof uploadAnswerSchema>;
