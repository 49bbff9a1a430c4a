import type { BusEvent, World } from '../../service.ts';
import { type Metrics, metricsOf } from './metrics.ts';

const ENDINGS: Record<string, string> = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** Step Functions' metrics, from what it tells the bus about its executions. */
export function measureExecution(metrics: Metrics, event: BusEvent): void {
  if (event['detail-type'] !== 'Step Functions Execution Status Change') return;
  const { status, stateMachineArn, startDate, stopDate } = event.detail as Record<string, unknown>;
  const dimensions = { StateMachineArn: String(stateMachineArn) };
  const count = (name: string, value: number) =>
    metrics.add({ namespace: 'AWS/States', name, dimensions, unit: 'Count' }, value);
  if (status === 'RUNNING') {
    count('ExecutionsStarted', 1);
    return;
  }
  const ending = ENDINGS[String(status)];
  if (ending === undefined) return;
  // The other endings are measured as zero, so that a sum over any of them has a point.
  for (const name of Object.values(ENDINGS)) count(name, name === ending ? 1 : 0);
  const time = { namespace: 'AWS/States', name: 'ExecutionTime', dimensions, unit: 'Milliseconds' };
  metrics.add(time, Number(stopDate) - Number(startDate));
}

const GAUGES: Record<string, string> = {
  ApproximateNumberOfMessages: 'ApproximateNumberOfMessagesVisible',
  ApproximateNumberOfMessagesNotVisible: 'ApproximateNumberOfMessagesNotVisible',
  ApproximateNumberOfMessagesDelayed: 'ApproximateNumberOfMessagesDelayed',
};

/** SQS's counts of this moment, for every queue. */
export async function measureQueues(world: World): Promise<void> {
  const { QueueUrls = [] } = (await world.call('sqs', 'ListQueues', {})) as { QueueUrls?: string[] };
  for (const QueueUrl of QueueUrls) {
    const { Attributes = {} } = (await world.call('sqs', 'GetQueueAttributes', {
      QueueUrl,
      AttributeNames: Object.keys(GAUGES),
    })) as { Attributes?: Record<string, string> };
    const dimensions = { QueueName: QueueUrl.split('/').at(-1)! };
    for (const [attribute, name] of Object.entries(GAUGES)) {
      const metric = { namespace: 'AWS/SQS', name, dimensions, unit: 'Count' };
      metricsOf(world).add(metric, Number(Attributes[attribute] ?? 0));
    }
  }
}
