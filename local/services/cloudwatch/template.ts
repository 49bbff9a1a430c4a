import { z } from 'zod';
import { parse } from '#core/parse.ts';
import type { ResourceType } from '../../service.ts';
import type { Alarms } from './alarms.ts';

/** CloudFormation gives numbers and booleans as text where a parameter is behind them. */
const number = z.coerce.number();
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

const alarmProperties = z.strictObject({
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: flag.optional(),
  AlarmActions: z.array(z.string()).optional(),
  OKActions: z.array(z.string()).optional(),
  InsufficientDataActions: z.array(z.string()).optional(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional(),
  Statistic: z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']),
  Period: number,
  EvaluationPeriods: number,
  DatapointsToAlarm: number.optional(),
  Threshold: number,
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

export function alarmResource(alarms: Alarms): ResourceType {
  return (logicalId, given, stack) => {
    const properties = parse(alarmProperties, given, `AWS::CloudWatch::Alarm "${logicalId}"`);
    const AlarmName = properties.AlarmName ?? stack.physicalName(logicalId);
    const { arn } = alarms.put({ ...properties, AlarmName });
    return { ref: AlarmName, attributes: { Arn: arn } };
  };
}
