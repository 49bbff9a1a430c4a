import * as schemas from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import constraints from './constraints.json' with { type: 'json' };
import { embeddedMetrics } from './embedded-metrics.ts';
import { LogGroups } from './log-groups.ts';
import { permissions } from './permissions.ts';
import { acceptBatch } from './put-log-events.ts';
import { filterLogEvents, getLogEvents, groupName } from './read.ts';

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const PAGE = 50;
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const logGroupProperties = z.strictObject({
  LogGroupName: z.string().regex(GROUP_NAME).optional(),
  RetentionInDays: z.number().int().positive().optional(),
  // Taken without effect: nothing here is encrypted, tagged or delivered elsewhere.
  LogGroupClass: z.literal('STANDARD').optional(),
  KmsKeyId: z.string().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** CloudWatch Logs: groups, streams and events, kept in bounded files. */
export const createLogs: ServiceFactory = (world): Service => {
  const groups = new LogGroups(world);

  /** Asynchronously, as in AWS: a log event has arrived whether or not its metrics can be understood. */
  async function putEmbeddedMetrics(metrics: ReturnType<typeof embeddedMetrics>): Promise<void> {
    for (const input of metrics) {
      await world
        .call('monitoring', 'PutMetricData', input)
        .catch((error: unknown) => world.log.debug({ err: error }, 'embedded metrics are lost'));
    }
  }

  return {
    signingName: 'logs',
    protocol: 'json-1.1',
    targetPrefix: 'Logs_20140328',
    validationCode: 'InvalidParameterException',
    permissions,
    schemas,
    constraints,
    operations: {
      CreateLogGroup: (input: schemas.CreateLogGroupRequest) => {
        groups.create(input.logGroupName!);
      },
      DeleteLogGroup: (input: schemas.DeleteLogGroupRequest) => {
        groups.delete(input.logGroupName ?? '');
      },
      PutRetentionPolicy: (input: schemas.PutRetentionPolicyRequest) => {
        const days = input.retentionInDays;
        if (days === undefined || !RETENTION_DAYS.includes(days)) {
          throw new ServiceError(
            'InvalidParameterException',
            `Invalid retention value. Valid values are: [${RETENTION_DAYS.join(', ')}]`,
          );
        }
        groups.setRetention(input.logGroupName ?? '', days);
      },
      CreateLogStream: (input: schemas.CreateLogStreamRequest) => {
        groups.createStream(input.logGroupName!, input.logStreamName!);
      },
      PutLogEvents: (input: schemas.PutLogEventsRequest): schemas.PutLogEventsResponse => {
        const { logGroupName = '', logStreamName = '' } = input;
        const retention = groups.record(logGroupName).retentionInDays;
        groups.stream(logGroupName, logStreamName);
        const { accepted, rejected } = acceptBatch(input, retention, world.clock.now());
        if (accepted.length > 0) groups.append(logGroupName, logStreamName, accepted);
        void putEmbeddedMetrics(accepted.flatMap(({ message }) => embeddedMetrics(message)));
        return {
          nextSequenceToken: '0',
          ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
        };
      },
      DescribeLogGroups: (input: schemas.DescribeLogGroupsRequest): schemas.DescribeLogGroupsResponse => {
        const pattern = input.logGroupNamePattern?.toLowerCase() ?? '';
        if (pattern !== '' && input.logGroupNamePrefix !== undefined) {
          throw new ServiceError(
            'InvalidParameterException',
            'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
          );
        }
        const all = groups
          .list(input.logGroupNamePrefix)
          .filter(({ name }) => name.toLowerCase().includes(pattern));
        const { page, ...next } = paginate(all, input.limit, input.nextToken);
        return {
          ...next,
          logGroups: page.map(({ name, record }) => ({
            logGroupName: name,
            arn: `${groups.arn(name)}:*`,
            logGroupArn: groups.arn(name),
            creationTime: record.createdAt,
            storedBytes: 0,
            metricFilterCount: 0,
            logGroupClass: 'STANDARD',
            ...(record.retentionInDays === undefined ? {} : { retentionInDays: record.retentionInDays }),
          })),
        };
      },
      DescribeLogStreams: (input: schemas.DescribeLogStreamsRequest): schemas.DescribeLogStreamsResponse => {
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
      },
      DeleteLogStream: (input: schemas.DeleteLogStreamRequest) => {
        groups.deleteStream(input.logGroupName ?? '', input.logStreamName ?? '');
      },
      GetLogEvents: (input: schemas.GetLogEventsRequest) => getLogEvents(groups, input),
      FilterLogEvents: (input: schemas.FilterLogEventsRequest) => filterLogEvents(groups, input),
    },
    resources: {
      'AWS::Logs::LogGroup': {
        createOnly: ['LogGroupName'],
        put(logicalId, given, stack) {
          const properties = parseProperties(logGroupProperties, given, `AWS::Logs::LogGroup "${logicalId}"`);
          const name = properties.LogGroupName ?? stack.physicalName(logicalId);
          refuseTaken(stack, 'AWS::Logs::LogGroup', name, groups.has(name));
          groups.provide(name, properties.RetentionInDays);
          return { ref: name, attributes: { Arn: `${groups.arn(name)}:*` } };
        },
        remove({ physicalId }) {
          if (groups.has(physicalId)) groups.delete(physicalId);
        },
      },
    },
    start: () => groups.applyRetention(),
  };
};

function paginate<T>(all: T[], limit = PAGE, token?: string): { page: T[]; nextToken?: string } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from)) {
    throw new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  const to = from + limit;
  return { page: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) };
}
