import { type CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { isMissing } from './failures.ts';

/** SageMaker keeps its logs forever. A log group that does not exist has no logs to limit. */
export async function limitLogs(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  days: number,
): Promise<void> {
  try {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: days }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
