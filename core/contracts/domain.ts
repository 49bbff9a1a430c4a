import * as z from 'zod';
import { groupBy } from '../group-by.ts';
import { labelsSchema } from '../labels.ts';
import { fitSchema, nameSchema, shareSchema } from './common.ts';
import { alarmThresholdsSchema, dataCaptureSchema, rolloutSchema } from './rollout.ts';

const strengthSchema = z.number().min(0).max(1_000);

/** Fields of earlier versions, and why they are gone (docs/decisions/frozen-backbone-plain-loss.md). */
const REMOVED_FIELDS: Readonly<Record<string, string>> = {
  labelSmoothing: 'removed from Graft, because no gain was measured',
  mixup: 'removed from Graft, because no gain was measured',
  unfreeze: 'removed from Graft, because no gain was measured',
  cutLayers: 'the general model says where its features are; "places" says how many of a map are tried',
};

/** Names every unknown field, and says of a removed one what to do. */
function explainUnknownFields(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const removed = issue.keys.filter((name) => Object.hasOwn(REMOVED_FIELDS, name));
  if (removed.length === 0) return undefined;
  const unknown = issue.keys.filter((name) => !removed.includes(name));
  const parts = groupBy(removed, (name) => REMOVED_FIELDS[name]!).map(
    (names) => `delete ${quoted(names)}: ${REMOVED_FIELDS[names[0]!]}`,
  );
  if (unknown.length > 0) parts.push(`unknown: ${quoted(unknown)}`);
  return parts.join('; ');
}

/** One value, or several different ones of which validation chooses. */
const oneOrSeveral = <Value extends z.ZodType>(value: Value, words: string) =>
  z.union(
    [
      value,
      z
        .array(value)
        .min(1)
        .refine((values) => new Set(values).size === values.length, 'a value is there twice'),
    ],
    { error: `expected ${words}, or a list of such` },
  );

const recipeFields = {
  seed: z.int().min(0).default(1),
  /**
   * Augmented variants of each training image, counting the unchanged one. Many images get fewer: see
   * `maximumRows`.
   */
  augmentation: z.int().min(1).max(200).default(12),
  /** Variants of all images together, at most; every image has at least one. */
  maximumRows: z.int().min(1).default(600),
  /**
   * Passes over the cached features, at most, for each strength of regularisation. Training of the head
   * usually stops earlier.
   */
  epochs: z.int().min(1).max(10_000).default(40),
  /**
   * Weight in the loss of half the head's squared kernel, on standardised features, whose length does not
   * depend on their number. Validation chooses among several.
   */
  regularisation: z
    .union([strengthSchema, z.array(strengthSchema).min(1).max(20)])
    .default([1, 0.3, 0.1, 0.03, 0.01]),
  /**
   * A map of features is averaged to n × n places, so that the head knows roughly where something is;
   * validation chooses among several. A vector has no places.
   */
  places: oneOrSeveral(z.int().min(1).max(7), 'a whole number from 1 to 7').default([1, 2, 3, 4]),
  /** How an image gets the size that the general model takes; validation chooses among several. */
  resize: oneOrSeveral(fitSchema, fitSchema.options.join(', ')).default(['stretch', 'cover']),
  /**
   * Heads, each validated on its own part of the training images. 1 is a single hold-out, which many images
   * get in any case.
   */
  folds: z.int().min(1).max(20).default(5),
  /**
   * Share of each class's training images in a single hold-out. Test images are never used for validation.
   */
  validationShare: z.number().min(0.05).max(0.5).default(0.2),
  /** Whether classes count equally in the loss (`balanced`), or by their images. */
  classWeights: z.enum(['balanced', 'none']).default('balanced'),
  /** Whether probabilities are calibrated on held-out training images. */
  calibration: z.boolean().default(true),
  /**
   * Gradient steps of each of the baseline's two trainings. Fewer than the default make a weak baseline, over
   * which any gain looks good.
   */
  baselineSteps: z.int().min(20).max(100_000).default(600),
  /** Memory for decoded images and for features, each; the rest goes to disk. */
  memoryMegabytes: z.int().min(16).max(65_536).default(512),
  /** Instance type of the training job. Transfer is meant for CPU instances. */
  instanceType: z
    .string()
    .regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'expected a SageMaker instance type such as "ml.c5.xlarge"')
    .default('ml.c5.xlarge'),
  spot: z.boolean().default(false),
  /** SageMaker stops the job after this time; the model of a stopped job is never deployed. */
  maxSeconds: z.int().min(60).max(86_400).default(3_600),
};
/** How the head is trained. Every field has a measured default. */
export const recipeSchema = z.strictObject(recipeFields, { error: explainUnknownFields });
export type Recipe = z.output<typeof recipeSchema>;

/**
 * The gate policy: what a challenger must show. Thresholds have no defaults: a missing one is an error that
 * names it, never a pass. See `core/gate/` for the statistics.
 */
export const gatePolicySchema = z.strictObject({
  /** Lower bound of the challenger's 95 % Wilson interval on the test images. */
  minimumAccuracy: shareSchema,
  /**
   * Least gain in accuracy over the baseline on the same images, significant at `significance`. Below zero it
   * is an allowed loss, and significance is not required.
   */
  minimumUplift: z.number().min(-1).max(1),
  /** Least recall of every class. */
  minimumRecall: shareSchema,
  /** With fewer test images the challenger is rejected. */
  minimumTestImages: z.int().min(1),
  /**
   * Largest loss of accuracy against the champion on the same test images; 0 allows none. A loss that is
   * significant at `significance` is always rejected.
   */
  maximumRegression: shareSchema.default(0),
  /** Level of the one-sided exact McNemar tests. */
  significance: z.number().gt(0).max(0.5).default(0.05),
  /** 95th percentile of the time from request to answer of the served model. */
  maximumLatencyMs: z.number().positive().default(1_000),
});
export type GatePolicy = z.output<typeof gatePolicySchema>;

/**
 * Where the model is served: on a serverless endpoint unless the domain asks for instances, or for a place on
 * the endpoint that such domains of the stage share.
 */
export const endpointSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('serverless'),
    memoryMb: z.union([1024, 2048, 3072, 4096, 5120, 6144].map((mb) => z.literal(mb))).default(2048),
    maxConcurrency: z.int().min(1).max(200).default(10),
  }),
  z
    .strictObject({
      type: z.literal('instances'),
      instanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/),
      instanceCount: z.int().min(1).max(100).default(1),
      /** By default a canary where there are two instances or more, otherwise all at once. */
      rollout: rolloutSchema.optional(),
      alarms: alarmThresholdsSchema.optional(),
      dataCapture: dataCaptureSchema.optional(),
    })
    .refine(
      ({ instanceCount, rollout }) =>
        instanceCount > 1 || rollout === undefined || rollout.type === 'all-at-once',
      {
        path: ['rollout', 'type'],
        message:
          'one instance cannot be replaced in steps: set instanceCount to 2 or more, or type to "all-at-once"',
      },
    ),
  /** Its instances are the stage's choice (docs/deploy.md, "Settings"). */
  z.strictObject({ type: z.literal('shared') }),
]);
export type EndpointSettings = z.output<typeof endpointSchema>;
/** Of an endpoint that belongs to one domain. */
export type OwnEndpointSettings = Exclude<EndpointSettings, { type: 'shared' }>;
export type InstanceSettings = Extract<EndpointSettings, { type: 'instances' }>;

/** Whether a person must approve before the endpoint changes. No answer in time counts as a no. */
export const approvalPolicySchema = z.strictObject({
  required: z.boolean().default(false),
  /** By default a day. Five days at most, since task tokens are removed after a week. */
  timeoutSeconds: z.int().min(60).max(432_000).default(86_400),
});

/** When the served model says that an image is none of the domain's classes. */
export const unsurePolicySchema = z.strictObject({
  /**
   * Share of the domain's own images that the model should not call unsure. A higher share catches fewer
   * other images; 1 keeps every training image.
   */
  keep: z.number().min(0.5).max(1).default(0.95),
});

/** `domain.json`: the domain's owner uploads it last, so its arrival says that the data are complete. */
export const domainSchema = z.strictObject({
  schemaVersion: z.literal(1),
  domain: nameSchema,
  /** Folders below `train/` and `test/`, in the order of the network's outputs. */
  labels: labelsSchema,
  recipe: recipeSchema.prefault({}),
  gate: gatePolicySchema,
  unsure: unsurePolicySchema.prefault({}),
  endpoint: endpointSchema.prefault({ type: 'serverless' }),
  approval: approvalPolicySchema.prefault({}),
});
export type Domain = z.output<typeof domainSchema>;
/** What a person writes: fields with a default may be left out. */
export type DomainInput = z.input<typeof domainSchema>;
