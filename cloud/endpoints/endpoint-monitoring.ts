import { type CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { endpointAlarmName } from '#core/names.ts';
import { limitLogs } from '../aws/log-retention.ts';
import { VARIANT } from './endpoint-configs.ts';

export interface MonitoringClients {
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
}

export interface MonitoringSettings {
  /** The alarm publishes there. */
  topicArn: string;
  /** Days that the endpoint's logs are kept. */
  logDays: number;
  /** Days that the logs of all training jobs of the account are kept; undefined leaves them as they are. */
  trainingLogDays: number | undefined;
}

/** Five failures within five minutes: one or two are a cold start or bad luck. */
const FAILURES = 5;
const PERIOD_SECONDS = 300;

/**
 * Sets up an alarm for an endpoint that fails after its rollout, and a retention for its logs, which
 * SageMaker keeps forever. A second call changes nothing.
 */
export async function monitorEndpoint(
  { cloudwatch, logs }: MonitoringClients,
  endpoint: string,
  { topicArn, logDays, trainingLogDays }: MonitoringSettings,
): Promise<void> {
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: endpointAlarmName(endpoint),
      AlarmDescription: `Endpoint ${endpoint} answered 5xx at least ${FAILURES} times in five minutes. Its log says why.`,
      Namespace: 'AWS/SageMaker',
      // Not InvocationModelErrors, which counts a client's bad image (4xx) too.
      MetricName: 'Invocation5XXErrors',
      Dimensions: [
        { Name: 'EndpointName', Value: endpoint },
        { Name: 'VariantName', Value: VARIANT },
      ],
      Statistic: 'Sum',
      Period: PERIOD_SECONDS,
      EvaluationPeriods: 1,
      Threshold: FAILURES,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topicArn],
    }),
  );
  await limitLogs(logs, `/aws/sagemaker/Endpoints/${endpoint}`, logDays);
  if (trainingLogDays !== undefined) await limitLogs(logs, '/aws/sagemaker/TrainingJobs', trainingLogDays);
}
