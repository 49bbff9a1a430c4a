import { ServiceError, type World } from '../../service.ts';
import { roleMay, trustsService } from '../iam/seam.ts';
import type { Machine } from './machines.ts';

/**
 * Permissions for the delivery of a state machine's log ("Logging in CloudWatch Logs", developer guide). None
 * has a resource.
 */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/**
 * Checks a state machine's role before the state machine is created. As in AWS, missing permissions for
 * tracing are no error: the traces are only missing.
 *
 * @throws ServiceError `AccessDeniedException` in Step Functions' words
 */
export function checkMachineRole(
  world: World,
  { arn, roleArn, logging }: Pick<Machine, 'arn' | 'roleArn' | 'logging'>,
): void {
  const principals = ['states.amazonaws.com', `states.${world.region}.amazonaws.com`];
  if (!principals.some((principal) => trustsService(world, roleArn, principal, arn))) {
    throw refusal(
      'Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.',
    );
  }
  const logs = (logging?.level ?? 'OFF') !== 'OFF' && (logging?.destinations ?? []).length > 0;
  if (logs && !LOG_DELIVERY.every((action) => roleMay(world, roleArn, action, '*'))) {
    throw refusal('The state machine IAM Role is not authorized to access the Log Destination');
  }
}

function refusal(message: string): ServiceError {
  return new ServiceError('AccessDeniedException', message);
}
