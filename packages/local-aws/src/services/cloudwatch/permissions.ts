import { arnOf, type Permissions } from '../../operation-permissions.ts';

/** What CloudWatch's operations need. Metrics are no resources; each of the named alarms is one, or all alarms. */
export const permissions: Permissions = (operation, input, place) => {
  const action = `cloudwatch:${operation}`;
  if (operation.includes('Alarm')) {
    const names: string[] = input.AlarmNames ?? [input.AlarmName ?? '*'];
    return names.map((name) => ({ action, resource: arnOf('cloudwatch', place, `alarm:${name}`) }));
  }
  if (operation !== 'PutMetricData') return [{ action, resource: '*' }];
  return [{ action, resource: '*', context: { 'cloudwatch:namespace': String(input.Namespace) } }];
};
