import { z } from 'zod';
import { labelsSchema } from '../labels.ts';
import { nameSchema, shareSchema } from './common.ts';
import { alarmThresholdsSchema, dataCaptureSchema, rolloutSchema } from './rollout.ts';

const strengthSchema = z.number().min(0).max(1_000);

/** Fields of earlier versions. Why they are gone: docs/decisions/frozen-backbone-plain-loss.md. */
const REMOVED_FIELDS = ['labelSmoothing', 'mixup', 'unfreeze'];

/** Names every unknown field, and says of a removed one what to do. */
function explainUnknownFields(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const removed = issue.keys.filter((name) => REMOVED_FIELDS.includes(name));
  if (removed.length === 0) return undefined;
  const unknown = issue.keys.filter((name) => !removed.includes(name));
  const remedy = `delete ${quoted(removed)}: removed from Graft, because no gain was measured`;
  return unknown.length === 0 ? remedy : `${remedy}; unknown: ${quoted(unknown)}`;
}

const recipeFields = {
  seed: z.int().min(0).default(1),
  /** Augmented variants of each training image, the unchanged one included. Of many images fewer are made: see `maximumRows`. */
  augmentation: z.int().min(1).max(200).default(12),
  /** Variants of all images together, at the most; every image has at least one. */
  maximumRows: z.int().min(1).default(60_000),
  /** Passes over the cached features at the most, for each strength of regularisation; the head's training usually ends sooner. */
  epochs: z.int().min(1).max(10_000).default(40),
  /**
   * Weight of half the head's squared kernel, on standardised features, in its loss. Of several strengths validation chooses one.
   */
  regularisation: z
    .union([strengthSchema, z.array(strengthSchema).min(1).max(20)])
    .default([3, 1, 0.3, 0.1, 0.03]),
  /**
   * Layers of the general model whose output may be the features; of several, validation chooses one. The layer that the general model's
   * manifest names when left out.
   */
  cutLayers: z.array(z.string().min(1)).min(1).max(10).optional(),
  /** Heads that are validated on a part of the training images each. 1 is a single hold-out, which is also what many images get. */
  folds: z.int().min(1).max(20).default(5),
  /** Share of each class's training images in a single hold-out. Validation images are never taken from the test images. */
  validationShare: z.number().min(0.05).max(0.5).default(0.2),
  /** Whether classes count equally in the loss (`balanced`), or by their images. */
  classWeights: z.enum(['balanced', 'none']).default('balanced'),
  /** Whether probabilities are calibrated on held-out training images. */
  calibration: z.boolean().default(true),
  /** Memory for decoded images and for features, each; what needs more goes to disk. */
  memoryMegabytes: z.int().min(16).max(65_536).default(512),
  /** Instance of the training job. CPU instances only: that is the point. */
  instanceType: z
    .string()
    .regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'expected a SageMaker instance type such as "ml.c5.xlarge"')
    .default('ml.c5.xlarge'),
  spot: z.boolean().default(false),
  /** SageMaker stops the job after this long; a stopped job is never deployed. */
  maxSeconds: z.int().min(60).max(86_400).default(3_600),
};
/** How the head is trained. Every field has a measured default. */
export const recipeSchema = z.strictObject(recipeFields, { error: explainUnknownFields });
export type Recipe = z.output<typeof recipeSchema>;

/**
 * What a challenger must show. The thresholds have no defaults: a missing one is an error that names it, never a pass.
 * See `core/gate/` for the statistics.
 */
export const gatePolicySchema = z.strictObject({
  /** Lower bound of the challenger's 95 % Wilson interval on the test images. */
  minimumAccuracy: shareSchema,
  /**
   * Least gain in accuracy over the from-scratch baseline on the same images, significant at `significance`. Below zero it is a loss
   * that is allowed, and significance is not asked for.
   */
  minimumUplift: z.number().min(-1).max(1),
  /** Least recall of every class. */
  minimumRecall: shareSchema,
  /** Fewer test images than this prove nothing. */
  minimumTestImages: z.int().min(1),
  /**
   * Largest loss of accuracy against the champion on the same current test images; 0 allows none. Whatever is allowed here, a loss that
   * is significant at `significance` is refused.
   */
  maximumRegression: shareSchema.default(0),
  /** Level of the one-sided exact McNemar tests. */
  significance: z.number().gt(0).max(0.5).default(0.05),
  /** Time from request to answer of the served model, 95th percentile. */
  maximumLatencyMs: z.number().positive().default(1_000),
});
export type GatePolicy = z.output<typeof gatePolicySchema>;

/** Where the model is served: a serverless endpoint unless the domain asks for instances. */
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
]);
export type EndpointSettings = z.output<typeof endpointSchema>;
export type InstanceSettings = Extract<EndpointSettings, { type: 'instances' }>;

/** Whether a person has the last word before the endpoint changes. Nobody's answer in time is a no. */
export const approvalPolicySchema = z.strictObject({
  required: z.boolean().default(false),
  /** A day. At the most five, since task tokens are removed after a week. */
  timeoutSeconds: z.int().min(60).max(432_000).default(86_400),
});

/** When the served model says that an image is none of the domain's classes. */
export const unsurePolicySchema = z.strictObject({
  /**
   * Share of the domain's own images that are not to be called unsure: the more of them are kept, the fewer others are caught. 1 keeps
   * every training image.
   */
  keep: z.number().min(0.5).max(1).default(0.95),
});

/** `domain.json`: uploaded last by the domain's owner, so its arrival commits the data. */
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
/** What a person writes: everything with a default may be left out. */
export type DomainInput = z.input<typeof domainSchema>;
