import type {
  CreateLogGroupRequest,
  DeleteLogGroupRequest,
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  PutRetentionPolicyRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../../service.ts';
import type { LogsContext } from '../context.ts';
import { paginate } from '../paginate.ts';

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export function createLogGroup({ groups }: LogsContext, input: CreateLogGroupRequest): void {
  groups.create(input.logGroupName!);
}

export function deleteLogGroup({ groups }: LogsContext, input: DeleteLogGroupRequest): void {
  groups.delete(input.logGroupName ?? '');
}

export function putRetentionPolicy({ groups }: LogsContext, input: PutRetentionPolicyRequest): void {
  const days = input.retentionInDays;
  if (days === undefined || !RETENTION_DAYS.includes(days)) {
    throw new ServiceError(
      'InvalidParameterException',
      `Invalid retention value. Valid values are: [${RETENTION_DAYS.join(', ')}]`,
    );
  }
  groups.setRetention(input.logGroupName ?? '', days);
}

export function describeLogGroups(
  { groups }: LogsContext,
  input: DescribeLogGroupsRequest,
): DescribeLogGroupsResponse {
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
}
