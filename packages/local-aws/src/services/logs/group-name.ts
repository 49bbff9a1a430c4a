import { ServiceError } from '../../service.ts';
import type { LogGroups } from './log-groups.ts';

/**
 * The name of a group that is given by its name or its ARN.
 *
 * @throws ServiceError for another account or region
 */
export function groupName(
  groups: LogGroups,
  input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
): string {
  const given = input.logGroupName ?? input.logGroupIdentifier;
  if (given === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'Either logGroupName or logGroupIdentifier is needed',
    );
  }
  const name = /^arn:[^:]*:logs:[^:]*:\d{12}:log-group:([^:]+)/.exec(given)?.[1];
  if (name === undefined) return given;
  if (!given.startsWith(groups.arn(name))) {
    throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
  }
  return name;
}
