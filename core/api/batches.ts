import * as z from 'zod';
import { imageProblemSchema } from '../contracts/batch.ts';
import { isWellFormed } from './common.ts';
import { pageOf, pageQuerySchema } from './paging.ts';
import { labelledSchema, predictionQuerySchema } from './predictions.ts';

/** Days that the results of a batch are kept, as `infrastructure/buckets.yml` says it to S3. */
export const BATCH_DAYS = 30;
export const BATCH_MS = BATCH_DAYS * 24 * 3_600_000;
/** Images of a batch: what can be listed before API Gateway gives up. */
export const MAXIMUM_BATCH_IMAGES = 50_000;
/** Images of a batch that are empty or too large: more of them are a mistake. */
export const MAXIMUM_REFUSED_IMAGES = 100;

/** Names a batch within its domain. */
export const batchIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'expected the id of a batch');

/** `s3://<data bucket>/domains/<domain>/<folder>`; a slash at its end is optional. */
const folderSchema = z
  .string()
  .max(1000)
  .regex(/^s3:\/\/[a-z0-9.-]+\/[^/]+(\/[^/]+)*\/?$/, 'expected a folder such as s3://bucket/folder/')
  .refine(isWellFormed, 'expected text that UTF-8 can have')
  .meta({ description: "A folder of images below the domain's own folder in the data bucket." });

export const batchRequestSchema = z.strictObject({ input: folderSchema });

const itemSchema = z.strictObject({
  id: batchIdSchema,
  status: z.enum(['RUNNING', 'STOPPING', 'SUCCEEDED', 'FAILED', 'STOPPED']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  reason: z.string().optional().meta({ description: "SageMaker's words, where it failed." }),
});
export type BatchItem = z.output<typeof itemSchema>;

export const batchPageSchema = pageOf(itemSchema);

export const batchAnswerSchema = itemSchema.extend({
  input: z.string(),
  output: z.string().meta({ description: 'Where SageMaker writes a file for each image.' }),
  images: z.int().min(1).meta({ description: 'Images that are predicted.' }),
  refused: z.int().min(0).meta({ description: 'Images that are not: they are empty, or too large.' }),
  results: z.int().min(0).meta({ description: 'Images whose result is there.' }),
  general: z.strictObject({ model: z.string(), version: z.string() }),
  trainingJob: z.string(),
});
export type BatchAnswer = z.output<typeof batchAnswerSchema>;

/** A page of results, and of each the labels as in a prediction. */
export const resultQuerySchema = pageQuerySchema.extend(predictionQuerySchema.shape);

const image = z.string().meta({ description: 'Its path below the folder.' });

const resultSchema = z.union([
  labelledSchema.extend({ image }),
  z.strictObject({ image, problem: imageProblemSchema }),
]);
export type BatchResult = z.output<typeof resultSchema>;

export const resultPageSchema = pageOf(resultSchema);
