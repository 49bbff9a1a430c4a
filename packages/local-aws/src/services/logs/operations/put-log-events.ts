import type { PutLogEventsRequest, PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { World } from '../../../service.ts';
import { acceptBatch } from '../accept-batch.ts';
import type { LogsContext } from '../context.ts';
import { embeddedMetrics } from '../embedded-metrics.ts';

export function putLogEvents(
  { world, groups }: LogsContext,
  input: PutLogEventsRequest,
): PutLogEventsResponse {
  const { logGroupName = '', logStreamName = '' } = input;
  const retention = groups.record(logGroupName).retentionInDays;
  groups.stream(logGroupName, logStreamName);
  const { accepted, rejected } = acceptBatch(input, retention, world.clock.now());
  if (accepted.length > 0) groups.append(logGroupName, logStreamName, accepted);
  void putEmbeddedMetrics(
    world,
    accepted.flatMap(({ message }) => embeddedMetrics(message)),
  );
  return {
    nextSequenceToken: '0',
    ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
  };
}

/** Asynchronously, as in AWS: a log event has arrived whether or not its metrics can be understood. */
async function putEmbeddedMetrics(world: World, metrics: ReturnType<typeof embeddedMetrics>): Promise<void> {
  for (const input of metrics) {
    await world
      .call('monitoring', 'PutMetricData', input)
      .catch((error: unknown) => world.log.debug({ err: error }, 'embedded metrics are lost'));
  }
}
