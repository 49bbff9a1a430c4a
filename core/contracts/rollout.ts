import { z } from 'zod';
import { shareSchema } from './common.ts';

/**
 * Seconds that the new instances are watched in one step. An alarm looks at whole minutes, so that below two of them it might
 * never have seen one; 3,600 is SageMaker's limit.
 */
const watchSchema = z.int().min(120, 'at least 120: an alarm needs a whole minute to look at').max(3_600);

/** All steps together; a promotion that waits for this one gives up after a few hours. */
const LONGEST_SECONDS = 7_200;

/** How requests move from the old instances to the new ones. */
export const rolloutSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('all-at-once'),
      /** How long the old instances stand by afterwards, in case an alarm rings. At 0 there are no alarms. */
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

/** From where on the new configuration is taken back. All look at the new instances only, minute by minute. */
export const alarmThresholdsSchema = z.strictObject({
  /** Answers of 5xx in a minute that are still fine. Bad images (4xx) never count. */
  maximumServerErrors: z.int().min(0).default(0),
  /** Mean time of a prediction, in milliseconds; by default the gate's `maximumLatencyMs`. */
  maximumLatencyMs: z.number().positive().optional(),
  /**
   * Mean probability of the label that is ranked first, over the predictions of a minute, as the containers themselves report it. No
   * default: what is too unsure depends on the classes and on what people send.
   */
  minimumConfidence: shareSchema.gt(0).optional(),
});

/** Keeps a share of requests and answers in S3, to look at or to label. */
export const dataCaptureSchema = z.strictObject({
  enabled: z.boolean(),
  /** Share of the requests. */
  percent: z.int().min(1).max(100).default(10),
});
