import * as z from 'zod';
import { predictionResponseSchema } from '../contracts/served-model.ts';
import { MAXIMUM_INSTANCES } from '../prediction-requests.ts';
import { uploadKeySchema } from './uploads.ts';

/** `?top=3&threshold=0.1`: which labels an answer has. */
export const predictionQuerySchema = z.strictObject({
  top: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'At most so many labels, the most probable first.' }),
  threshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: 'Only labels of at least this probability; there may be none.' }),
});
export type PredictionQuery = z.output<typeof predictionQuerySchema>;

const image = z.string().meta({
  description: 'Base64 with or without padding, line breaks and URL-safe letters; or a data URL.',
});

/** The three forms of a request in JSON. The container parses the first two. */
export const predictionRequestSchema = z.union([
  z.strictObject({ image }),
  z.strictObject({
    instances: z
      .array(z.union([z.strictObject({ image }), image]))
      .min(1)
      .max(MAXIMUM_INSTANCES),
  }),
  z.strictObject({ key: uploadKeySchema }),
]);

/** An image's labels. Unlike the model's own answer it may have none, where a threshold took them away. */
export const labelledSchema = predictionResponseSchema.extend({
  predictions: z.array(predictionResponseSchema.shape.predictions.element),
});

const answered = {
  requestId: z.string().meta({ description: 'As in the header `x-request-id`, and in the logs.' }),
  /** Milliseconds. */
  latencyMs: z.strictObject({
    total: z.number().min(0).meta({ description: 'In the function behind the API, in milliseconds.' }),
    endpoint: z.number().min(0).meta({ description: 'Of it, waiting for the endpoint.' }),
  }),
};

/** One image's answer. */
export const predictionAnswerSchema = labelledSchema.extend(answered);
/** The answer to `instances`, in their order. */
export const predictionListAnswerSchema = z.strictObject({
  predictions: z.array(labelledSchema).min(1),
  ...answered,
});
