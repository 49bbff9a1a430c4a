import type { CapacitySize, DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import type { VariantPlan } from '../records.ts';

/** One move of requests to the new containers. */
export interface RolloutStep {
  /** Share of the requests that the new containers take from then on. */
  share: number;
  /** Watched before the next step, or before the old containers go. */
  waitMs: number;
}

/** What takes an update back, with the reason for it. */
export class RolledBack extends Error {}

/** SageMaker looks at the alarms again and again; how often is not documented. */
const LOOK_EVERY_MS = 10_000;
const LONGEST_MS = 28_800_000;

/**
 * Checks a deployment's sizes against the fleet, and that it can be guarded at all.
 *
 * @throws ServiceError ValidationException
 */
export function checkRollout(
  deployment: DeploymentConfig | undefined,
  before: readonly VariantPlan[],
  wanted: readonly VariantPlan[],
): void {
  const routing = deployment?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration;
  if (deployment?.BlueGreenUpdatePolicy === undefined) return;
  const names = (plan: readonly VariantPlan[]) =>
    plan
      .map(({ name }) => name)
      .sort()
      .join(', ');
  if (names(before) !== names(wanted)) {
    throw validation(
      `A blue/green deployment needs the same variant names in both configurations, not ${names(before)} and ${names(wanted)}.`,
    );
  }
  const sizes = { CANARY: routing?.CanarySize, LINEAR: routing?.LinearStepSize, ALL_AT_ONCE: undefined };
  const size = sizes[routing?.Type as keyof typeof sizes];
  if (routing?.Type === 'ALL_AT_ONCE') return;
  if (size === undefined) {
    throw validation(
      `${routing?.Type === 'CANARY' ? 'CanarySize' : 'LinearStepSize'} is required for traffic routing of type ${routing?.Type}.`,
    );
  }
  for (const variant of wanted) {
    const share = shareOf(size, variant);
    const least = routing?.Type === 'LINEAR' ? 0.1 : 0;
    if (share > 0.5 || share < least) {
      const range = routing?.Type === 'LINEAR' ? '10-50%' : 'at most 50%';
      throw validation(
        `The size of a ${routing?.Type} step must be ${range} of the ${variant.instanceCount ?? 1} instances of variant ${variant.name}, not ${Math.round(share * 100)}%.`,
      );
    }
  }
}

function shareOf({ Type, Value }: CapacitySize, { instanceCount = 1 }: VariantPlan): number {
  return Type === 'CAPACITY_PERCENT' ? Value! / 100 : Value! / instanceCount;
}

/** The steps of a deployment; without a policy all at once, as SageMaker does it. */
export function stepsOf(
  deployment: DeploymentConfig | undefined,
  plan: readonly VariantPlan[],
): RolloutStep[] {
  const policy = deployment?.BlueGreenUpdatePolicy;
  const routing = policy?.TrafficRoutingConfiguration;
  const waitMs = (routing?.WaitIntervalInSeconds ?? 0) * 1000;
  const last: RolloutStep = { share: 1, waitMs: (policy?.TerminationWaitInSeconds ?? 0) * 1000 };
  if (routing?.Type === 'CANARY') return [{ share: shareOf(routing.CanarySize!, plan[0]!), waitMs }, last];
  if (routing?.Type !== 'LINEAR') return [last];
  const share = shareOf(routing.LinearStepSize!, plan[0]!);
  const steps: RolloutStep[] = [];
  for (let part = share; part < 1 - 1e-9; part += share) steps.push({ share: part, waitMs });
  return [...steps, last];
}

/** @throws ServiceError ValidationException when an alarm does not exist or the role may not see it */
export async function checkAlarms(
  sagemaker: SageMakerContext,
  deployment: DeploymentConfig | undefined,
  roleArn: string,
): Promise<void> {
  const names = alarmNames(deployment);
  if (names.length === 0) return;
  const found = await describeAlarms(sagemaker, names, roleArn);
  const missing = names.filter((name) => !found.some(({ AlarmName }) => AlarmName === name));
  if (missing.length > 0) throw validation(`Could not find the CloudWatch alarms ${missing.join(', ')}.`);
}

/**
 * Watches the alarms of a deployment for as long as a step takes.
 *
 * @param begun when the update began, for its own time-out
 * @throws RolledBack when an alarm rings, the update takes too long, or the local AWS stops
 */
export async function watchAlarms(
  sagemaker: SageMakerContext,
  deployment: DeploymentConfig | undefined,
  { waitMs, begun, roleArn }: { waitMs: number; begun: number; roleArn: string },
): Promise<void> {
  const { clock } = sagemaker.world;
  const names = alarmNames(deployment);
  const seconds = deployment?.BlueGreenUpdatePolicy?.MaximumExecutionTimeoutInSeconds;
  const deadline = begun + (seconds === undefined ? LONGEST_MS : seconds * 1000);
  const end = clock.now() + waitMs;
  for (;;) {
    if (sagemaker.closing.aborted) throw new RolledBack('The local AWS stops.');
    if (names.length > 0) {
      const alarms = await describeAlarms(sagemaker, names, roleArn);
      const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
      if (ringing.length > 0) {
        const reasons = ringing.map(({ AlarmName, StateReason }) => `${AlarmName} (${StateReason})`);
        throw new RolledBack(
          `One or more alarms configured for the deployment are in the ALARM state: ${reasons.join('; ')}`,
        );
      }
    }
    const now = clock.now();
    if (now >= deadline) {
      throw new RolledBack(
        `The deployment took longer than its maximum of ${(deadline - begun) / 1000} seconds.`,
      );
    }
    if (now >= end) return;
    await pause(sagemaker, Math.min(LOOK_EVERY_MS, end - now, deadline - now));
  }
}

const alarmNames = (deployment: DeploymentConfig | undefined): string[] =>
  (deployment?.AutoRollbackConfiguration?.Alarms ?? []).map(({ AlarmName }) => AlarmName!);

/** CloudWatch is asked with the model's role, as SageMaker asks it. */
async function describeAlarms(
  { world }: SageMakerContext,
  AlarmNames: string[],
  roleArn: string,
): Promise<{ AlarmName: string; StateValue: string; StateReason: string }[]> {
  try {
    const answer = (await world.call('monitoring', 'DescribeAlarms', { AlarmNames }, { roleArn })) as {
      MetricAlarms: { AlarmName: string; StateValue: string; StateReason: string }[];
    };
    return answer.MetricAlarms;
  } catch (error) {
    throw validation(`The alarms ${AlarmNames.join(', ')} cannot be described: ${(error as Error).message}`);
  }
}

function pause({ world, closing }: SageMakerContext, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      closing.removeEventListener('abort', done);
      resolve();
    };
    const cancel = world.clock.after(milliseconds, done);
    closing.addEventListener('abort', done);
  });
}
