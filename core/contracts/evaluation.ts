import { z } from 'zod';
import { labelsSchema } from '../labels.ts';
import { sha256Schema, shareSchema } from './common.ts';

/** `transfer` trains a head on the general model's features, `baseline` the same network from random weights. */
export const modeSchema = z.enum(['transfer', 'baseline']);
export type Mode = z.output<typeof modeSchema>;

/** One test image. `id` is `<label>/<file name>`, so that two evaluations can be paired. */
export const evaluationRowSchema = z.strictObject({
  id: z.string().min(1),
  truth: z.string(),
  prediction: z.string(),
  /** Probability of the prediction, in [0, 1]. */
  confidence: shareSchema,
});
export type EvaluationRow = z.output<typeof evaluationRowSchema>;

/** One point of the curve that early stopping looks at. */
export const curvePointSchema = z.strictObject({
  /** Gradient steps so far. */
  step: z.int().nonnegative(),
  trainingAccuracy: shareSchema,
  validationAccuracy: shareSchema,
  validationLoss: z.number().nonnegative(),
});
export type CurvePoint = z.output<typeof curvePointSchema>;

/**
 * `evaluation.json`, written by the training container to `/opt/ml/output/data`: what the gate reads. Accuracy and
 * everything derived from the test images is measured on the model as it is saved, after the best step was restored.
 */
export const evaluationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  mode: modeSchema,
  domain: z.string(),
  /** The general model whose backbone was used; the baseline takes only its architecture. */
  general: z.strictObject({ model: z.string(), version: z.string() }),
  labels: labelsSchema,
  /** Over the sorted (id, SHA-256) pairs of the train and of the test images. */
  data: z.strictObject({
    trainDigest: sha256Schema,
    testDigest: sha256Schema,
    trainImages: z.int().positive(),
    testImages: z.int().positive(),
    /** Images that could not be read and were left out, by id. */
    damaged: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  }),
  accuracy: shareSchema,
  /** 95 % Wilson interval of the accuracy. */
  interval: z.strictObject({ lower: shareSchema, upper: shareSchema }),
  /** Share of each class's test images that were recognised. */
  recall: z.record(z.string(), shareSchema),
  /** Counts, `confusion[truth][prediction]`, both in the order of `labels`. */
  confusion: z.array(z.array(z.int().nonnegative())),
  rows: z.array(evaluationRowSchema),
  curve: z.array(curvePointSchema),
  /** Step of the curve whose weights were kept. */
  bestStep: z.int().nonnegative(),
  /** Gradient steps taken in all. */
  steps: z.int().nonnegative(),
  /** Milliseconds for one image through the saved model, decoded from bytes, one at a time. */
  latencyMs: z.strictObject({ p50: z.number().nonnegative(), p95: z.number().nonnegative() }),
  seconds: z.number().nonnegative(),
  seed: z.int(),
  backend: z.string(),
});
export type Evaluation = z.output<typeof evaluationSchema>;
