import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import {
  type CloudWatchLogsClient,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
} from '@aws-sdk/client-cloudwatch-logs';
import { ignoreMissing } from './missing.ts';
import type { Part } from './part.ts';

/** Alarms of endpoints and of their rollouts, which promotions make. The stack deletes its own. */
export function alarmsPart(cloudwatch: CloudWatchClient, prefix: string): Part {
  return {
    title: 'Alarms of endpoints and rollouts',
    async list() {
      const names: string[] = [];
      for (const kind of ['rollout', 'endpoint']) {
        const AlarmNamePrefix = `${kind}-${prefix}`;
        for await (const { MetricAlarms } of paginateDescribeAlarms(
          { client: cloudwatch },
          { AlarmNamePrefix },
        )) {
          names.push(...(MetricAlarms ?? []).map((one) => one.AlarmName!));
        }
      }
      return names;
    },
    async remove(name) {
      await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
    },
  };
}

/**
 * Log groups of functions, endpoints, the state machine and the API, also those that a late log line has
 * created again.
 */
export function logGroupsPart(logs: CloudWatchLogsClient, prefix: string): Part {
  const beginnings = ['/aws/lambda/', '/aws/sagemaker/Endpoints/', '/aws/vendedlogs/states/'].map(
    (service) => `${service}${prefix}`,
  );
  /** Serverless names the API's group after the stack, which is the prefix without its hyphen. */
  const accessLog = `/aws/api-gateway/${prefix.slice(0, -1)}`;
  return {
    title: 'Log groups',
    async list() {
      const names: string[] = [];
      for (const logGroupNamePrefix of [...beginnings, accessLog]) {
        for await (const { logGroups } of paginateDescribeLogGroups(
          { client: logs },
          { logGroupNamePrefix },
        )) {
          names.push(...(logGroups ?? []).map((one) => one.logGroupName!));
        }
      }
      return names.filter((name) => name === accessLog || !name.startsWith(accessLog));
    },
    remove: (name) =>
      ignoreMissing(async () => {
        await logs.send(new DeleteLogGroupCommand({ logGroupName: name }));
      }),
  };
}

/**
 * SageMaker writes the logs of all training jobs of an account into one group, and those of all transform
 * jobs into another. Only the streams of this stage's jobs are deleted.
 */
export function jobLogsPart(
  logs: CloudWatchLogsClient,
  kind: 'TrainingJobs' | 'TransformJobs',
  prefix: string,
): Part {
  const logGroupName = `/aws/sagemaker/${kind}`;
  return {
    title: `Log streams in ${logGroupName}`,
    async list() {
      const names: string[] = [];
      await ignoreMissing(async () => {
        const pages = paginateDescribeLogStreams(
          { client: logs },
          { logGroupName, logStreamNamePrefix: prefix },
        );
        for await (const { logStreams } of pages)
          names.push(...(logStreams ?? []).map((one) => one.logStreamName!));
      });
      return names;
    },
    remove: (logStreamName) =>
      ignoreMissing(async () => {
        await logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName }));
      }),
  };
}
