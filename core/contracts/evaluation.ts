import * as z from 'zod';
import { labelsSchema } from '../labels.ts';
import { fitSchema, sha256Schema, shareSchema } from './common.ts';

/**
 * The kinds of training: `transfer` trains a head on the general model's features, `baseline` the same
 * network from random weights.
 */
export const modeSchema = z.enum(['transfer', 'baseline']);
export type Mode = z.output<typeof modeSchema>;

/** One test image. `id` is `<label>/<file name>`, so that two evaluations can be paired. */
export const evaluationRowSchema = z.strictObject({
  id: z.string().min(1),
  truth: z.string(),
  prediction: z.string(),
  /** Probability of the prediction, in [0, 1]. */
  confidence: shareSchema,
  /**
   * Distance of the image from all classes; above `unsure.threshold` the model is unsure. Older models have
   * none.
   */
  outOfDomain: shareSchema.optional(),
});
export type EvaluationRow = z.output<typeof evaluationRowSchema>;

/** The champion's results on the current test images. Its confusion matrix follows from the rows. */
export const championScoresSchema = z.strictObject({
  /** As its own `served-model.json` names it. */
  trainingJob: z.string(),
  model: z.string(),
  version: z.string(),
  accuracy: shareSchema,
  interval: z.strictObject({ lower: shareSchema, upper: shareSchema }),
  recall: z.record(z.string(), shareSchema),
  /** In the order of the challenger's rows. */
  rows: z.array(evaluationRowSchema),
});
export type ChampionScores = z.output<typeof championScoresSchema>;

/** How well the model notices images of none of its classes. */
export const unsureSchema = z.strictObject({
  /** Share of the domain's own images that the threshold was to keep, as `domain.json` asks. */
  keep: shareSchema,
  /** An image whose `outOfDomain` is above it is called unsure. */
  threshold: shareSchema,
  /** Training images, each held out in turn, that the threshold was derived from. */
  heldOut: z.int().positive(),
  /** Share of the test images that are called unsure, wrongly. */
  falseAlarms: shareSchema,
  /**
   * Images of none of the classes, from the domain's folder `other`. Absent where there is no such folder.
   */
  other: z
    .strictObject({
      images: z.int().positive(),
      /** Over the sorted (id, SHA-256) pairs. */
      digest: sha256Schema,
      /**
       * Probability that such an image is further out than a test image: area under the ROC curve. 0.5 is
       * chance.
       */
      auroc: shareSchema,
      /** Share of these images that are called unsure, rightly. */
      caught: shareSchema,
      rows: z.array(z.strictObject({ id: z.string().min(1), outOfDomain: shareSchema })),
    })
    .optional(),
});
export type Unsure = z.output<typeof unsureSchema>;

/** Why a champion that the job was given has no scores. */
export const championNotScoredSchema = z.strictObject({
  /** Names the champion, where its archive could be read so far. */
  trainingJob: z.string().optional(),
  /**
   * The champion's labels. If they differ from the domain's, nothing can be compared; this is the only reason
   * that the gate accepts.
   */
  labels: labelsSchema.optional(),
  reason: z.string().min(1),
});
export type ChampionNotScored = z.output<typeof championNotScoredSchema>;

/** One point of the validation curve, by which training chooses when to stop. */
export const curvePointSchema = z.strictObject({
  /** Gradient steps so far. */
  step: z.int().nonnegative(),
  trainingAccuracy: shareSchema,
  validationAccuracy: shareSchema,
  validationLoss: z.number().nonnegative(),
});
export type CurvePoint = z.output<typeof curvePointSchema>;

/** Versions before ONNX named the layer behind which they cut. They stretched every image. */
function fromEarlierVersion(tried: unknown): unknown {
  if (typeof tried !== 'object' || tried === null || !('cutLayer' in tried)) return tried;
  const { cutLayer, ...rest } = tried;
  return { features: cutLayer, resize: 'stretch', ...rest };
}

/** A setting that was tried on the validation images. */
const triedSchema = z.preprocess(
  fromEarlierVersion,
  z.strictObject({
    /** Name of the general model's output. */
    features: z.string().min(1),
    /** The map was averaged to `places` × `places`; absent for a vector. */
    places: z.int().positive().optional(),
    /** How images got the general model's size. */
    resize: fitSchema,
    regularisation: z.number().nonnegative(),
    /** Step of the curve at which its training ended. */
    step: z.int().nonnegative(),
    validationAccuracy: shareSchema,
    /**
     * Mean cross-entropy in nats, after calibration where the recipe asks for it. The choice minimises it.
     */
    validationLoss: z.number().nonnegative(),
    /** Standard error of that loss over the images. */
    standardError: z.number().nonnegative(),
  }),
);
export type Tried = z.output<typeof triedSchema>;

/** What decided how many variants of each image there are. */
const variantBudgetSchema = z.strictObject({
  /** What the recipe asks for (`augmentation`). */
  asked: z.int().positive(),
  /** The field of the recipe that allows no more. */
  limit: z.enum(['augmentation', 'maximumRows', 'maxSeconds']),
  /** Time that the features of all variants may take. */
  seconds: z.number().positive(),
  /** Of one variant from image to features, on all cores together, measured before the choice. */
  millisecondsPerVariant: z.number().positive(),
});
export type VariantBudget = z.output<typeof variantBudgetSchema>;

/** What transfer chose by its validation images. */
export const choicesSchema = z.strictObject({
  /** Variants of each image that passed through the backbone. */
  variants: z.int().positive(),
  /** Absent in evaluations of versions before ONNX. */
  variantBudget: variantBudgetSchema.optional(),
  /** 1: a single hold-out. */
  folds: z.int().positive(),
  validationImages: z.int().positive(),
  chosen: triedSchema,
  tried: z.array(triedSchema),
  /**
   * Earlier versions could train the top of the backbone too, and wrote here what it gained. Accepted, not
   * used.
   */
  unfreezing: z.unknown().optional(),
});
export type Choices = z.output<typeof choicesSchema>;

const calibrationErrorSchema = z.strictObject({ before: shareSchema, after: shareSchema });

/** The head's temperature, and the expected calibration error (`core/calibration.ts`) without and with it. */
export const calibrationSchema = z.strictObject({
  /** Divides the logits and is part of the served model. Above 1: the head was overconfident. */
  temperature: z.number().positive(),
  /** On the held-out rows that the temperature was fitted to. */
  validation: calibrationErrorSchema,
  /** On the test images. */
  test: calibrationErrorSchema,
});
export type Calibration = z.output<typeof calibrationSchema>;

/**
 * `evaluation.json`, which the training container writes to `/opt/ml/output/data` and the gate reads.
 * Everything derived from the test images is measured on the model as it is saved, after the best step was
 * restored.
 */
export const evaluationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  mode: modeSchema,
  domain: z.string(),
  /** The general model of the promotion; a baseline takes nothing of it. */
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
  unsure: unsureSchema.optional(),
  curve: z.array(curvePointSchema),
  /** Step of the validation curve whose weights were kept. */
  bestStep: z.int().nonnegative(),
  /** Gradient steps taken in all. */
  steps: z.int().nonnegative(),
  /** Absent for the baseline. */
  choices: choicesSchema.optional(),
  calibration: calibrationSchema.optional(),
  /**
   * The champion, scored again by the same job on the same test images. Absent when there was none, or it
   * could not be scored.
   */
  champion: championScoresSchema.optional(),
  championNotScored: championNotScoredSchema.optional(),
  /** Findings about the images for the domain's owner, a sentence each. */
  warnings: z.array(z.string()).optional(),
  /**
   * Milliseconds from request to answer of the saved model behind the container's own HTTP server, one image
   * at a time.
   */
  latencyMs: z.strictObject({ p50: z.number().nonnegative(), p95: z.number().nonnegative() }),
  seconds: z.number().nonnegative(),
  seed: z.int(),
  backend: z.string(),
});
export type Evaluation = z.output<typeof evaluationSchema>;
