import * as z from 'zod';
import { shareSchema } from './common.ts';

/**
 * Seconds that the new instances are watched in one step. An alarm evaluates whole minutes, so less than two
 * might give it none; 3,600 is SageMaker's limit.
 */
const watchSchema = z.int().min(120, 'at least 120: an alarm needs a whole minute to look at').max(3_600);

/** Limit for all steps together: the promotion that waits for them gives up after a few hours. */
const LONGEST_SECONDS = 7_200;

/** How requests move from the old instances to the new ones. */
export const rolloutSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('all-at-once'),
      /** How long the old instances stay afterwards, in case an alarm fires. At 0 there are no alarms. */
      waitSeconds: z.union([z.literal(0), watchSchema]).default(0),
    }),
    z.strictObject({
      type: z.literal('canary'),
      /** Share of the instances that go first, rounded up to whole instances, never more than half. */
      percent: z.int().min(1).max(50).default(10),
      /** Waited after the canary, and once more after the rest. */
      waitSeconds: watchSchema.default(300),
    }),
    z.strictObject({
      type: z.literal('linear'),
      /** Share of each step, rounded up to whole instances, never more than half. */
      stepPercent: z.int().min(10).max(50).default(25),
      /** Waited after every step. */
      waitSeconds: watchSchema.default(300),
    }),
  ])
  .refine((rollout) => longest(rollout) <= LONGEST_SECONDS, {
    message: `all steps together may take ${LONGEST_SECONDS} seconds: shorten waitSeconds or enlarge the steps`,
  });
export type Rollout = z.output<typeof rolloutSchema>;

function longest(rollout: { type: string; waitSeconds: number; stepPercent?: number }): number {
  if (rollout.type === 'canary') return 2 * rollout.waitSeconds;
  return Math.ceil(100 / (rollout.stepPercent ?? 100)) * rollout.waitSeconds;
}

/**
 * Thresholds from which the new configuration is rolled back, minute by minute, for the new instances only.
 */
export const alarmThresholdsSchema = z.strictObject({
  /** Answers of 5xx per minute that are tolerated. Bad images (4xx) never count. */
  maximumServerErrors: z.int().min(0).default(0),
  /** Mean time of a prediction, in milliseconds; by default the gate's `maximumLatencyMs`. */
  maximumLatencyMs: z.number().positive().optional(),
  /**
   * Mean probability of the label ranked first, over the predictions of a minute, as the containers report
   * it. No default: it depends on the labels and on the images that people send.
   */
  minimumConfidence: shareSchema.gt(0).optional(),
});

/** Keeps a share of requests and answers in S3, to look at or to label. */
export const dataCaptureSchema = z.strictObject({
  enabled: z.boolean(),
  /** Share of the requests. */
  percent: z.int().min(1).max(100).default(10),
});
