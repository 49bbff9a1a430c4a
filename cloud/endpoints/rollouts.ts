import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { InstanceSettings } from '#core/contracts/domain.ts';
import { rolloutAlarmName } from '#core/names.ts';
import { planAlarms, planRollout, type RolloutPlan, rolloutOf } from '#core/rollout.ts';
import { CONFIDENCE, ENDPOINT_NAMESPACE, TRAINING_JOB } from '#core/served-metrics.ts';
import { isMissing } from '../aws/failures.ts';

/** One minute: SageMaker's metrics have a point a minute. */
const PERIOD_SECONDS = 60;

const alarmNames = (endpoint: string, endpointConfig: string) => ({
  serverErrors: rolloutAlarmName(endpoint, endpointConfig, 'server-errors'),
  latency: rolloutAlarmName(endpoint, endpointConfig, 'latency'),
  confidence: rolloutAlarmName(endpoint, endpointConfig, 'confidence'),
});

/** The configuration that the alarms watch. */
export interface RolloutTarget {
  endpoint: string;
  endpointConfig: string;
  variant: string;
  /** Training job of the model that it serves. */
  trainingJob: string;
}

/**
 * Creates the alarms of a rollout. All of them watch the new configuration's instances only: the endpoint's
 * metrics mix old and new instances. What a container reports itself has the name of its model's training job
 * instead of the configuration's, which it does not know. Putting an alarm that exists changes its thresholds
 * and nothing else.
 *
 * @returns their names
 */
async function ensureAlarms(
  cloudwatch: CloudWatchClient,
  target: RolloutTarget,
  settings: InstanceSettings,
): Promise<string[]> {
  const { endpoint, endpointConfig, variant, trainingJob } = target;
  const { serverErrors, latencyMicroseconds, confidence } = planAlarms(settings);
  const names = alarmNames(endpoint, endpointConfig);
  const common = {
    Period: PERIOD_SECONDS,
    EvaluationPeriods: 1,
    // Without requests nothing speaks against the model.
    TreatMissingData: 'notBreaching',
  } satisfies Partial<PutMetricAlarmCommandInput>;
  const measuredBySageMaker = {
    ...common,
    Namespace: 'AWS/SageMaker',
    Dimensions: [
      { Name: 'EndpointName', Value: endpoint },
      { Name: 'VariantName', Value: variant },
      { Name: 'EndpointConfigName', Value: endpointConfig },
    ],
    ComparisonOperator: 'GreaterThanThreshold',
  } satisfies Partial<PutMetricAlarmCommandInput>;
  const alarms: PutMetricAlarmCommandInput[] = [
    {
      ...measuredBySageMaker,
      AlarmName: names.serverErrors,
      AlarmDescription: `Takes ${endpointConfig} back: more than ${serverErrors} answers of 5xx in a minute.`,
      // Not InvocationModelErrors, which counts a client's bad image (4xx) too.
      MetricName: 'Invocation5XXErrors',
      Statistic: 'Sum',
      Threshold: serverErrors,
    },
    {
      ...measuredBySageMaker,
      AlarmName: names.latency,
      AlarmDescription: `Takes ${endpointConfig} back: predictions take more than ${latencyMicroseconds / 1000} ms on average.`,
      MetricName: 'ModelLatency',
      Statistic: 'Average',
      Threshold: latencyMicroseconds,
    },
  ];
  if (confidence !== undefined) {
    alarms.push({
      ...common,
      AlarmName: names.confidence,
      AlarmDescription: `Takes ${endpointConfig} back: its predictions are less sure than ${confidence} on average.`,
      Namespace: ENDPOINT_NAMESPACE,
      MetricName: CONFIDENCE,
      Dimensions: [{ Name: TRAINING_JOB, Value: trainingJob }],
      Statistic: 'Average',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: confidence,
    });
  }
  for (const alarm of alarms) await cloudwatch.send(new PutMetricAlarmCommand(alarm));
  return alarms.map(({ AlarmName }) => AlarmName!);
}

/**
 * How SageMaker moves requests to the new instances, with the alarms that roll the new configuration back.
 * SageMaker rolls back by alarm only where there are alarms and time for them to fire. Without a wait there
 * are no alarms, and the golden images decide.
 *
 * @param instances that the new fleet will have
 */
export async function guardedDeployment(
  cloudwatch: CloudWatchClient,
  target: RolloutTarget,
  settings: InstanceSettings,
  instances: number,
): Promise<DeploymentConfig> {
  const plan = planRollout(rolloutOf(settings), instances);
  const watched = plan.waitSeconds + plan.lastWaitSeconds > 0;
  const alarms = watched ? await ensureAlarms(cloudwatch, target, settings) : [];
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: trafficRouting(plan),
      TerminationWaitInSeconds: plan.lastWaitSeconds,
      MaximumExecutionTimeoutInSeconds: plan.maximumSeconds,
    },
    ...(alarms.length === 0
      ? {}
      : { AutoRollbackConfiguration: { Alarms: alarms.map((AlarmName) => ({ AlarmName })) } }),
  };
}

function trafficRouting({ type, step, waitSeconds }: RolloutPlan) {
  const size = { Type: 'INSTANCE_COUNT', Value: step } as const;
  return {
    Type: type,
    WaitIntervalInSeconds: waitSeconds,
    ...(type === 'CANARY' ? { CanarySize: size } : {}),
    ...(type === 'LINEAR' ? { LinearStepSize: size } : {}),
  };
}

/** Deletes the alarms of a configuration; missing ones are ignored. */
export async function deleteAlarms(
  cloudwatch: CloudWatchClient,
  endpoint: string,
  endpointConfig: string,
): Promise<void> {
  for (const name of Object.values(alarmNames(endpoint, endpointConfig))) {
    try {
      // One at a time: CloudWatch deletes none of several when one does not exist.
      await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
