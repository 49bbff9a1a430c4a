import * as z from 'zod';
import { approvalSchema } from './approval.ts';
import { sha256Schema, shareSchema } from './common.ts';
import { gateRowSchema } from './decision.ts';
import {
  calibrationSchema,
  choicesSchema,
  curvePointSchema,
  evaluationRowSchema,
  modeSchema,
  unsureSchema,
} from './evaluation.ts';
import { goldenAnswersSchema } from './golden-answers.ts';
import { outcomeNameSchema } from './outcome.ts';
import { forceSchema } from './promotion.ts';

/** The results of one model on the test images. */
export const scoreSchema = z.strictObject({
  right: z.int().nonnegative(),
  testImages: z.int().positive(),
  accuracy: shareSchema,
  /** 95 % Wilson interval of the accuracy. */
  interval: z.strictObject({ lower: shareSchema, upper: shareSchema }),
  /** By label; labels without a test image are left out. */
  recall: z.record(z.string(), shareSchema),
  /** The cells of the confusion matrix that are not 0. */
  confusion: z.array(
    z.strictObject({ truth: z.string(), prediction: z.string(), images: z.int().positive() }),
  ),
});
export type Score = z.output<typeof scoreSchema>;

/** Histogram of images by `outOfDomain`: counts in twenty equal steps from 0 to 1. */
const outOfDomainHistogramSchema = z.array(z.int().nonnegative()).length(20);

/** How well a model notices images of none of its classes. */
export const unsureScoreSchema = unsureSchema
  .pick({ keep: true, threshold: true, heldOut: true, falseAlarms: true })
  .extend({
    test: outOfDomainHistogramSchema,
    /** Absent where the domain has no such images. */
    other: z
      .strictObject({
        images: z.int().positive(),
        auroc: shareSchema,
        caught: shareSchema,
        histogram: outOfDomainHistogramSchema,
      })
      .optional(),
  });
export type UnsureScore = z.output<typeof unsureScoreSchema>;

/** A model that this promotion trained. */
export const trainedScoreSchema = scoreSchema.extend({
  unsure: unsureScoreSchema.optional(),
  curve: z.array(curvePointSchema),
  bestStep: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  /** Of training itself, without starting the container and reading the data. */
  seconds: z.number().nonnegative(),
  latencyMs: z.strictObject({ p50: z.number(), p95: z.number() }),
  seed: z.int(),
  backend: z.string(),
  choices: choicesSchema.optional(),
  calibration: calibrationSchema.optional(),
});
export type TrainedScore = z.output<typeof trainedScoreSchema>;

/** The champion when the gate decided, scored again on the same images. */
export const championScoreSchema = scoreSchema.extend({ version: z.string() });

export const reportJobSchema = z.strictObject({
  mode: modeSchema,
  name: z.string(),
  arn: z.string().optional(),
  status: z.string(),
  /** Execution of the earlier promotion that ran it: its cost is not part of this one's. */
  reusedFrom: z.string().optional(),
  instanceType: z.string().optional(),
  instances: z.int().positive().optional(),
  spot: z.boolean(),
  createdAt: z.iso.datetime().optional(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  seconds: z.number().nonnegative().optional(),
  billableSeconds: z.number().nonnegative().optional(),
  /** Share of the seconds that spot training did not bill. */
  savedBySpot: shareSchema.optional(),
  /** USD; null when it is not known. */
  pricePerHour: z.number().nonnegative().nullable(),
  cost: z.number().nonnegative().nullable(),
});
export type ReportJob = z.output<typeof reportJobSchema>;

/**
 * How a promotion ended, or that it waits for approval: the report is written before the person is asked, and
 * again afterwards.
 */
export const reportOutcomeSchema = z.enum([...outcomeNameSchema.options, 'AWAITING_APPROVAL']);
export type ReportOutcome = z.output<typeof reportOutcomeSchema>;

/** A model that was live in the domain, with its accuracy on the test images of that time. */
export const pastChampionSchema = z.strictObject({
  model: z.string(),
  version: z.string(),
  execution: z.string(),
  accuracy: shareSchema,
  promotedAt: z.iso.datetime(),
  /** Put back over a newer one by a rollback. */
  rolledBack: z.boolean(),
});
export type PastChampion = z.output<typeof pastChampionSchema>;

/** `report.json` of one domain in one promotion: everything that `report.html` shows, except the images. */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: z.string(),
  model: z.string(),
  version: z.string(),
  execution: z.string(),
  outcome: reportOutcomeSchema,
  reason: z.string(),
  /** Who promoted it although the gate rejected it. */
  forced: forceSchema.optional(),
  /** The person's answer, where the domain asks for approval. */
  approval: approvalSchema.optional(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime(),
  /** In the order of the network's outputs; none when no model was evaluated. */
  labels: z.array(z.string()),
  scores: z.strictObject({
    baseline: trainedScoreSchema.optional(),
    transfer: trainedScoreSchema.optional(),
    champion: championScoreSchema.optional(),
  }),
  gate: z.array(gateRowSchema),
  /** Models that were live in the domain, oldest first; only the newest of them. */
  history: z.array(pastChampionSchema).optional(),
  /** Test images that the challenger got wrong: the most confident mistakes first. */
  misclassified: z.strictObject({ total: z.int().nonnegative(), shown: z.array(evaluationRowSchema) }),
  /** How the endpoint was confirmed; absent where none was asked. */
  golden: goldenAnswersSchema.omit({ schemaVersion: true }).optional(),
  cost: z.strictObject({
    currency: z.literal('USD'),
    prices: z.strictObject({ region: z.string(), recordedAt: z.string().nullable(), source: z.string() }),
    jobs: z.array(reportJobSchema),
    /** Of all jobs together; null when the cost of one of them is unknown. */
    total: z.number().nonnegative().nullable(),
  }),
  lineage: z.strictObject({
    executionArn: z.string().optional(),
    manifest: z.string(),
    manifestSha256: sha256Schema.optional(),
    generalDataSet: z
      .strictObject({ name: z.string(), digest: sha256Schema, images: z.int().positive() })
      .optional(),
    /** The file that an imported general model comes from. */
    generalSource: z
      .strictObject({
        name: z.string(),
        digest: sha256Schema,
        format: z.string(),
        producer: z.string().optional(),
      })
      .optional(),
    agentVersion: z.string().optional(),
    data: z
      .strictObject({
        trainDigest: sha256Schema,
        testDigest: sha256Schema,
        trainImages: z.int().positive(),
        testImages: z.int().positive(),
        /** Images that could not be read and were left out. */
        damaged: z.int().nonnegative(),
      })
      .optional(),
    /** S3 URIs. */
    files: z.array(z.string()),
    endpoint: z.string().optional(),
    endpointConfig: z.string().optional(),
    modelName: z.string().optional(),
    /** ARN of its version in the model registry. */
    modelPackage: z.string().optional(),
    /** Version of the general model that was live before; null when there was none. */
    replaces: z.string().nullable().optional(),
  }),
});
export type Report = z.output<typeof reportSchema>;
