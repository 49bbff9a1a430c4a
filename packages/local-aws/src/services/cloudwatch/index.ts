import * as schemas from '@aws-sdk/client-cloudwatch';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { Alarms, shownAlarm } from './alarms.ts';
import constraints from './constraints.json' with { type: 'json' };
import { measureExecution, measureQueues } from './measured.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './metric-operations.ts';
import { metricsOf } from './metrics.ts';
import { permissions } from './permissions.ts';
import { putMetricData } from './put-metric-data.ts';
import { alarmResource } from './template.ts';

/** CloudWatch evaluates an alarm as often as its shortest period. */
const EVERY_MS = 10_000;
/** SQS measures once a minute. */
const MINUTE_MS = 60_000;

/** CloudWatch: metrics in memory, alarms on disk, evaluated by the clock. */
export const createCloudWatch: ServiceFactory = (world): Service => {
  const metrics = metricsOf(world);
  const alarms = new Alarms(world);
  let cancel = () => {};
  let measured = Number.NEGATIVE_INFINITY;

  function tick(): void {
    const now = world.clock.now();
    // On the clock's own tens of seconds, so that a period is looked at the moment it ends.
    cancel = world.clock.after(EVERY_MS - (now % EVERY_MS), tick);
    alarms.evaluate();
    if (Math.floor(now / MINUTE_MS) === measured) return;
    measured = Math.floor(now / MINUTE_MS);
    measureQueues(world).catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.code === 'UnknownOperationException')) {
        world.log.error({ err: error }, 'the queues could not be measured');
      }
    });
  }

  return {
    signingName: 'monitoring',
    protocol: 'json-1.0',
    targetPrefix: 'GraniteServiceVersion20100801',
    validationCode: 'ValidationError',
    permissions,
    schemas,
    constraints,
    operations: {
      PutMetricData: (input: schemas.PutMetricDataInput) => putMetricData(metrics, input, world.clock.now()),
      GetMetricStatistics: (input: schemas.GetMetricStatisticsInput) => getMetricStatistics(metrics, input),
      GetMetricData: (input: schemas.GetMetricDataInput) => getMetricData(metrics, input),
      ListMetrics: (input: schemas.ListMetricsInput) => listMetrics(metrics, input),
      PutMetricAlarm: (input: schemas.PutMetricAlarmInput) => {
        alarms.put(input);
      },
      DescribeAlarms: (input: schemas.DescribeAlarmsInput): schemas.DescribeAlarmsOutput => {
        const metricAlarms = input.AlarmTypes?.includes('MetricAlarm') ?? true;
        return {
          CompositeAlarms: [],
          MetricAlarms: (metricAlarms ? alarms.list() : [])
            .map(shownAlarm)
            .filter(
              ({ AlarmName, StateValue, AlarmActions }) =>
                (input.AlarmNames?.includes(AlarmName!) ?? true) &&
                AlarmName!.startsWith(input.AlarmNamePrefix ?? '') &&
                (input.StateValue === undefined || StateValue === input.StateValue) &&
                (input.ActionPrefix === undefined ||
                  AlarmActions!.some((action) => action.startsWith(input.ActionPrefix!))),
            ),
        };
      },
      DeleteAlarms: (input: schemas.DeleteAlarmsInput) => alarms.delete(input.AlarmNames ?? []),
      SetAlarmState: (input: schemas.SetAlarmStateInput) =>
        alarms.setState(input.AlarmName!, input.StateValue!, input.StateReason!, input.StateReasonData),
      EnableAlarmActions: (input: schemas.EnableAlarmActionsInput) =>
        alarms.enable(input.AlarmNames ?? [], true),
      DisableAlarmActions: (input: schemas.DisableAlarmActionsInput) =>
        alarms.enable(input.AlarmNames ?? [], false),
    },
    resources: { 'AWS::CloudWatch::Alarm': alarmResource(alarms) },
    onBusEvent: (event) => measureExecution(metrics, event),
    start: tick,
    stop: () => cancel(),
  };
};
