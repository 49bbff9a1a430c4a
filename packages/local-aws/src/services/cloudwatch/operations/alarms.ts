import type {
  DeleteAlarmsInput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  DisableAlarmActionsInput,
  EnableAlarmActionsInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import { shownAlarm } from '../alarms.ts';
import type { CloudWatchContext } from '../context.ts';

export function putMetricAlarm({ alarms }: CloudWatchContext, input: PutMetricAlarmInput): void {
  alarms.put(input);
}

export function describeAlarms(
  { alarms }: CloudWatchContext,
  input: DescribeAlarmsInput,
): DescribeAlarmsOutput {
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
}

export function deleteAlarms({ alarms }: CloudWatchContext, input: DeleteAlarmsInput): void {
  alarms.delete(input.AlarmNames ?? []);
}

export function setAlarmState({ alarms }: CloudWatchContext, input: SetAlarmStateInput): void {
  alarms.setState(input.AlarmName!, input.StateValue!, input.StateReason!, input.StateReasonData);
}

export function enableAlarmActions({ alarms }: CloudWatchContext, input: EnableAlarmActionsInput): void {
  alarms.enable(input.AlarmNames ?? [], true);
}

export function disableAlarmActions({ alarms }: CloudWatchContext, input: DisableAlarmActionsInput): void {
  alarms.enable(input.AlarmNames ?? [], false);
}
