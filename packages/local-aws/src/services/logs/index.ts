import * as schemas from '@aws-sdk/client-cloudwatch-logs';
import { defineService } from '../../define-service.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { LogsContext } from './context.ts';
import { LogGroups } from './log-groups.ts';
import { filterLogEvents } from './operations/filter-log-events.ts';
import { getLogEvents } from './operations/get-log-events.ts';
import {
  createLogGroup,
  deleteLogGroup,
  describeLogGroups,
  putRetentionPolicy,
} from './operations/log-groups.ts';
import { createLogStream, deleteLogStream, describeLogStreams } from './operations/log-streams.ts';
import { putLogEvents } from './operations/put-log-events.ts';
import { permissions } from './permissions.ts';
import { logGroupResource } from './resources.ts';

/** CloudWatch Logs: groups, streams and events, kept in bounded files. */
export const createLogs = defineService<LogsContext>({
  signingName: 'logs',
  protocol: 'json-1.1',
  schemas,
  constraints,
  targetPrefix: 'Logs_20140328',
  validationCode: 'InvalidParameterException',
  permissions,
  createContext: (world) => ({ world, groups: new LogGroups(world) }),
  operations: {
    CreateLogGroup: createLogGroup,
    CreateLogStream: createLogStream,
    DeleteLogGroup: deleteLogGroup,
    DeleteLogStream: deleteLogStream,
    DescribeLogGroups: describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
    PutLogEvents: putLogEvents,
    PutRetentionPolicy: putRetentionPolicy,
  },
  resources: ({ groups }) => ({ 'AWS::Logs::LogGroup': logGroupResource(groups) }),
  start: ({ groups }) => groups.applyRetention(),
});
