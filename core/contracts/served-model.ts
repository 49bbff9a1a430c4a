import { z } from 'zod';
import { labelsSchema } from '../labels.ts';
import { inputSchema } from './common.ts';

/**
 * `served-model.json` inside `model.tar.gz`, beside `model.json` and its weights (tfjs LayersModel):
 * everything that `serve` needs to know.
 */
export const servedModelSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: z.string(),
  labels: labelsSchema,
  input: inputSchema,
  general: z.strictObject({ model: z.string(), version: z.string() }),
  trainingJob: z.string(),
});
export type ServedModel = z.output<typeof servedModelSchema>;

/** What `/invocations` and the REST API answer. */
export const predictionResponseSchema = z.strictObject({
  /** Ranked, most probable first; probabilities sum to 1 over all labels. */
  predictions: z.array(z.strictObject({ label: z.string(), probability: z.number().min(0).max(1) })).min(1),
  /**
   * Whether the image seems to be of none of the labels. Models from before this field existed answer without
   * it and the next one.
   */
  unsure: z.boolean().optional(),
  /** Distance of the image from every label, in [0, 1]; unsure above 0.5. */
  outOfDomain: z.number().min(0).max(1).optional(),
  domain: z.string(),
  /** The general model version behind this answer. */
  general: z.strictObject({ model: z.string(), version: z.string() }),
  trainingJob: z.string(),
});
export type PredictionResponse = z.output<typeof predictionResponseSchema>;

/** The answer to a list of images (`instances`), in their order. */
export const predictionListSchema = z.strictObject({ predictions: z.array(predictionResponseSchema).min(1) });
