import * as z from 'zod';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { Alarms } from './alarms.ts';

const alarmProperties = z.strictObject({
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: z.boolean().optional(),
  AlarmActions: z.array(z.string()).optional(),
  OKActions: z.array(z.string()).optional(),
  InsufficientDataActions: z.array(z.string()).optional(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).optional(),
  Statistic: z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']),
  Period: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  Threshold: z.number(),
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
  return {
    createOnly: ['AlarmName'],
    put(logicalId, given, stack) {
      const properties = parseProperties(alarmProperties, given, `AWS::CloudWatch::Alarm "${logicalId}"`);
      const AlarmName = properties.AlarmName ?? stack.physicalName(logicalId);
      refuseTaken(stack, 'AWS::CloudWatch::Alarm', AlarmName, alarms.has(AlarmName));
      const { arn } = alarms.put({ ...properties, AlarmName });
      return { ref: AlarmName, attributes: { Arn: arn } };
    },
    remove({ physicalId }) {
      if (alarms.has(physicalId)) alarms.delete([physicalId]);
    },
  };
}
