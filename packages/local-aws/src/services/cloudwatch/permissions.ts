import { arnOf, type Permissions } from '../../operation-permissions.ts';

/**
 * What CloudWatch's operations need. An operation on alarms needs the action on each of them. Metrics are not
 * resources.
 */
export const permissions: Permissions = (operation, input, place) => {
  const action = `cloudwatch:${operation}`;
  if (operation.includes('Alarm')) {
    const names: string[] = input.AlarmNames ?? [input.AlarmName ?? '*'];
    return names.map((name) => ({ action, resource: arnOf('cloudwatch', place, `alarm:${name}`) }));
  }
  if (operation !== 'PutMetricData') return [{ action, resource: '*' }];
  return [{ action, resource: '*', context: { 'cloudwatch:namespace': String(input.Namespace) } }];
};
