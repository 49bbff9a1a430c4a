import type {
  CreateLogStreamRequest,
  DeleteLogStreamRequest,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../../service.ts';
import type { LogsContext } from '../context.ts';
import { groupName } from '../group-name.ts';
import { paginate } from '../paginate.ts';

export function createLogStream({ groups }: LogsContext, input: CreateLogStreamRequest): void {
  groups.createStream(input.logGroupName!, input.logStreamName!);
}

export function deleteLogStream({ groups }: LogsContext, input: DeleteLogStreamRequest): void {
  groups.deleteStream(input.logGroupName ?? '', input.logStreamName ?? '');
}

export function describeLogStreams(
  { groups }: LogsContext,
  input: DescribeLogStreamsRequest,
): DescribeLogStreamsResponse {
  const group = groupName(groups, input);
  const all = groups.streams(group, input.logStreamNamePrefix);
  if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'Cannot order by LastEventTime with a logStreamNamePrefix.',
    );
  }
  if (input.orderBy === 'LastEventTime') all.sort((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0));
  if (input.descending) all.reverse();
  const { page, ...next } = paginate(all, input.limit, input.nextToken);
  return {
    ...next,
    logStreams: page.map((one) => ({
      logStreamName: one.stream,
      arn: `${groups.arn(group)}:log-stream:${one.stream}`,
      creationTime: one.createdAt,
      storedBytes: 0,
      ...(one.firstAt === undefined ? {} : { firstEventTimestamp: one.firstAt }),
      ...(one.lastAt === undefined ? {} : { lastEventTimestamp: one.lastAt }),
      ...(one.arrivedAt === undefined ? {} : { lastIngestionTime: one.arrivedAt }),
    })),
  };
}
