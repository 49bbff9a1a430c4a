import * as z from 'zod';
import { labelsSchema } from '../labels.ts';
import { inputSchema, sha256Schema } from './common.ts';
import { REFERENCE_IMAGES } from './manifest.ts';

/**
 * The form of served models that this version of Graft writes and serves. The shared endpoint has it in its
 * name, so that one of another form never gets into a container that cannot serve it.
 */
export const SERVED_SCHEMA_VERSION = 2;

/** Names of a served model's outputs. */
export const SERVED_OUTPUTS = { probabilities: 'probabilities', outOfDomain: 'out_of_domain' } as const;

/**
 * `served-model.json` inside `model.tar.gz`, beside `model.onnx`: everything that `serve` needs to know. The
 * graph has the outputs `probabilities`, shape [n, labels], and `out_of_domain`, shape [n, 1], both in
 * [0, 1].
 */
export const servedModelSchema = z.strictObject({
  schemaVersion: z.literal(SERVED_SCHEMA_VERSION, {
    error: (issue) =>
      `expected ${SERVED_SCHEMA_VERSION}, found ${JSON.stringify(issue.input)}: a training job of another version of Graft wrote it`,
  }),
  domain: z.string(),
  labels: labelsSchema,
  input: inputSchema,
  general: z.strictObject({ model: z.string(), version: z.string() }),
  trainingJob: z.string(),
  /**
   * Digest of `model.onnx`, which is compared before anything loads the file. Models from before this field
   * existed have none.
   */
  modelSha256: sha256Schema.optional(),
  /**
   * Both outputs for the synthetic images, which every machine compares with its own: labels + 1 values for
   * each.
   */
  reference: z.array(z.array(z.number())).length(REFERENCE_IMAGES),
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
