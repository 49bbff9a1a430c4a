import * as schemas from '@aws-sdk/client-cloudwatch';
import { defineService } from '../../define-service.ts';
import { Alarms } from './alarms.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { CloudWatchContext } from './context.ts';
import { Evaluation } from './evaluation.ts';
import { measureExecution } from './measured.ts';
import { metricsOf } from './metrics.ts';
import {
  deleteAlarms,
  describeAlarms,
  disableAlarmActions,
  enableAlarmActions,
  putMetricAlarm,
  setAlarmState,
} from './operations/alarms.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './operations/metrics.ts';
import { putMetricData } from './operations/put-metric-data.ts';
import { permissions } from './permissions.ts';
import { alarmResource } from './resources.ts';

/** CloudWatch: metrics in memory, alarms on disk, evaluated by the clock. */
export const createCloudWatch = defineService<CloudWatchContext>({
  signingName: 'monitoring',
  protocol: 'json-1.0',
  schemas,
  constraints,
  targetPrefix: 'GraniteServiceVersion20100801',
  validationCode: 'ValidationError',
  permissions,
  createContext(world) {
    const alarms = new Alarms(world);
    return { world, metrics: metricsOf(world), alarms, evaluation: new Evaluation(world, alarms) };
  },
  operations: {
    DeleteAlarms: deleteAlarms,
    DescribeAlarms: describeAlarms,
    DisableAlarmActions: disableAlarmActions,
    EnableAlarmActions: enableAlarmActions,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListMetrics: listMetrics,
    PutMetricAlarm: putMetricAlarm,
    PutMetricData: putMetricData,
    SetAlarmState: setAlarmState,
  },
  resources: ({ alarms }) => ({ 'AWS::CloudWatch::Alarm': alarmResource(alarms) }),
  onBusEvent: ({ metrics }, event) => measureExecution(metrics, event),
  start: ({ evaluation }) => evaluation.start(),
  stop: ({ evaluation }) => evaluation.stop(),
});
