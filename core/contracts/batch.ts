import * as z from 'zod';
import { versionSchema } from './common.ts';

/** Why an image has no prediction: a status as of a prediction that was refused, and words. */
export const imageProblemSchema = z.strictObject({ status: z.int(), detail: z.string() });

/** `batch.json`: what a batch predicts, and with which model. SageMaker knows how it stands. */
export const batchRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: z.string(),
  /** S3 URI of the folder, with a slash at its end. */
  input: z.string(),
  images: z.int().min(1),
  /** Images that an endpoint would not take either, by their path below the folder, and why. */
  refused: z.array(z.strictObject({ image: z.string(), problem: imageProblemSchema })),
  general: z.strictObject({ model: z.string(), version: versionSchema }),
  trainingJob: z.string(),
});
export type BatchRecord = z.output<typeof batchRecordSchema>;
