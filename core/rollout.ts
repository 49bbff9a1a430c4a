import type { InstanceSettings } from './contracts/domain.ts';
import type { Rollout } from './contracts/rollout.ts';
import { InvalidInputError } from './errors.ts';

/** SageMaker's limits of `MaximumExecutionTimeoutInSeconds`. */
const SHORTEST_UPDATE = 600;
const LONGEST_UPDATE = 28_800;
/** Starting instances and containers, and stopping the old ones. */
const STARTING_SECONDS = 1_800;

/** Times in seconds, and steps in whole instances: SageMaker would round a share of few instances. */
export interface RolloutPlan {
  type: 'ALL_AT_ONCE' | 'CANARY' | 'LINEAR';
  /** Instances of the canary, or of each step; undefined all at once. */
  step: number | undefined;
  /** Between steps. */
  waitSeconds: number;
  /** After the last step, before the old instances go. */
  lastWaitSeconds: number;
  maximumSeconds: number;
}

/** Thresholds of the alarms, in their metrics' units. */
export interface AlarmPlan {
  /** `Invocation5XXErrors`, a sum. */
  serverErrors: number;
  /** `ModelLatency`, a mean, in microseconds. */
  latencyMicroseconds: number;
  /** The container's own `Confidence`, a mean; undefined where the domain sets no minimum. */
  confidence: number | undefined;
}

/** The default is a canary where there are two instances or more: steps need two. */
export function rolloutOf({ rollout, instanceCount }: InstanceSettings): Rollout {
  if (rollout !== undefined) return rollout;
  return instanceCount > 1
    ? { type: 'canary', percent: 10, waitSeconds: 300 }
    : { type: 'all-at-once', waitSeconds: 0 };
}

/**
 * Plans a rollout for the number of instances that there will be: autoscaling may have left one, which cannot
 * be replaced in steps. SageMaker takes a canary of at most half of them, and linear steps of 10–50 %.
 *
 * @param instances of the new fleet, at least 1
 */
export function planRollout(rollout: Rollout, instances: number): RolloutPlan {
  const { waitSeconds } = rollout;
  if (rollout.type === 'all-at-once' || instances < 2) {
    return {
      type: 'ALL_AT_ONCE',
      step: undefined,
      waitSeconds: 0,
      lastWaitSeconds: waitSeconds,
      maximumSeconds: limited(waitSeconds),
    };
  }
  const half = Math.floor(instances / 2);
  const share = rollout.type === 'canary' ? rollout.percent : rollout.stepPercent;
  const step = Math.min(half, Math.ceil((instances * share) / 100));
  const steps = rollout.type === 'canary' ? 2 : Math.ceil(instances / step);
  return {
    type: rollout.type === 'canary' ? 'CANARY' : 'LINEAR',
    step,
    waitSeconds,
    lastWaitSeconds: waitSeconds,
    maximumSeconds: limited(steps * waitSeconds),
  };
}

const limited = (waits: number) =>
  Math.min(LONGEST_UPDATE, Math.max(SHORTEST_UPDATE, waits + STARTING_SECONDS));

/** Completes the alarms' thresholds with the gate policy's latency, where the domain sets no other. */
export function withLatency(settings: InstanceSettings, gateLatencyMs: number): InstanceSettings {
  const { maximumServerErrors = 0, maximumLatencyMs = gateLatencyMs } = settings.alarms ?? {};
  return { ...settings, alarms: { ...settings.alarms, maximumServerErrors, maximumLatencyMs } };
}

/**
 * @throws InvalidInputError when there is no threshold for the latency: a missing threshold is never a pass
 */
export function planAlarms({ alarms }: InstanceSettings): AlarmPlan {
  if (alarms?.maximumLatencyMs === undefined) {
    throw new InvalidInputError('endpoint.alarms.maximumLatencyMs is missing', {
      hint: 'PrepareDomain takes it from gate.maximumLatencyMs where domain.json has none.',
    });
  }
  return {
    serverErrors: alarms.maximumServerErrors,
    latencyMicroseconds: alarms.maximumLatencyMs * 1000,
    confidence: alarms.minimumConfidence,
  };
}
