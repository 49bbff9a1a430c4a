import type {
  ComparisonOperator,
  PutMetricAlarmInput,
  StateValue,
  Statistic,
} from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../service.ts';
import type { Dimensions, Metrics, Statistics } from './metrics.ts';

/** An alarm as it is kept. */
export interface AlarmRecord {
  /** As it was put, without tags. */
  request: PutMetricAlarmInput;
  arn: string;
  state: StateValue;
  reason: string;
  reasonData?: string;
  /** Milliseconds since 1970: of the last put, and of the last change of state. */
  configured: number;
  changed: number;
}

const compare: Partial<Record<ComparisonOperator, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Members that would change what an alarm sees, and which are not emulated. */
const REFUSED = [
  'Metrics',
  'ExtendedStatistic',
  'ThresholdMetricId',
  'EvaluateLowSampleCountPercentile',
  'EvaluationWindow',
  'WarmUpConfiguration',
  'EvaluationCriteria',
  'EvaluationInterval',
  'ActionConfiguration',
] as const;

const TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'];
const STATISTICS: readonly string[] = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const LONGEST_RANGE_SECONDS = 7 * 24 * 3600;

/** @throws ServiceError ValidationError for what CloudWatch refuses, and for what is not emulated */
export function checkAlarm(input: PutMetricAlarmInput): void {
  const refused = REFUSED.find((name) => input[name] !== undefined);
  if (refused !== undefined) {
    throw invalid(
      `The local AWS does not emulate ${refused} of PutMetricAlarm: see docs/fidelity.md of local-aws.`,
    );
  }
  for (const name of ['MetricName', 'Namespace', 'Statistic', 'Period', 'Threshold'] as const) {
    if (input[name] === undefined) throw invalid(`The parameter ${name} is required for a metric alarm.`);
  }
  if (input.AlarmName!.length < 1 || input.AlarmName!.length > 255) {
    throw invalid('The parameter AlarmName must have 1 to 255 characters.');
  }
  if (!STATISTICS.includes(input.Statistic!)) {
    throw invalid(`The parameter Statistic must be one of ${STATISTICS.join(', ')}.`);
  }
  if (compare[input.ComparisonOperator!] === undefined) {
    throw invalid(`The local AWS does not emulate the comparison ${input.ComparisonOperator}.`);
  }
  const period = input.Period!;
  if (period !== 10 && period !== 30 && (period < 60 || period % 60 !== 0)) {
    throw invalid('The parameter Period must be 10, 30, or a multiple of 60.');
  }
  const periods = input.EvaluationPeriods!;
  if (periods < 1) throw invalid('The parameter EvaluationPeriods must be greater than or equal to 1.');
  if (period * periods > LONGEST_RANGE_SECONDS) {
    throw invalid('Metrics cannot be checked across more than seven days (EvaluationPeriods * Period).');
  }
  const enough = input.DatapointsToAlarm;
  if (enough !== undefined && (enough < 1 || enough > periods)) {
    throw invalid('The parameter DatapointsToAlarm must be from 1 to EvaluationPeriods.');
  }
  if (input.TreatMissingData !== undefined && !TREATMENTS.includes(input.TreatMissingData)) {
    throw invalid(`The parameter TreatMissingData must be one of ${TREATMENTS.join(', ')}.`);
  }
  for (const action of actionsOf(input)) {
    if (!/^arn:[\w-]+:sns:/.test(action)) {
      throw invalid(`The local AWS sends alarms to SNS topics, not to "${action}".`);
    }
  }
}

const invalid = (message: string) => new ServiceError('ValidationError', message);

function actionsOf(input: PutMetricAlarmInput): string[] {
  return [
    ...(input.AlarmActions ?? []),
    ...(input.OKActions ?? []),
    ...(input.InsufficientDataActions ?? []),
  ];
}

export function dimensionsOf(
  dimensions: readonly { Name?: string | undefined; Value?: string | undefined }[] | undefined,
): Dimensions {
  return Object.fromEntries((dimensions ?? []).map(({ Name, Value }) => [Name ?? '', Value ?? '']));
}

export function statisticOf({ count, sum, min, max }: Statistics, statistic: Statistic): number {
  switch (statistic) {
    case 'SampleCount':
      return count;
    case 'Sum':
      return sum;
    case 'Minimum':
      return min;
    case 'Maximum':
      return max;
    default:
      return sum / count;
  }
}

/** What an alarm is to say by its metric. */
export interface Verdict {
  state: StateValue;
  reason: string;
  reasonData: string;
}

/**
 * Evaluates an alarm over its last whole periods, which are aligned to the clock. A period that has not ended
 * does not count.
 *
 * @param now milliseconds since 1970
 * @returns undefined where missing data leave the state as it is
 */
export function evaluateAlarm(
  metrics: Metrics,
  { request, state }: Pick<AlarmRecord, 'request' | 'state'>,
  now: number,
): Verdict | undefined {
  const { Period, EvaluationPeriods, Threshold, ComparisonOperator, Statistic } = request;
  const periodMs = Period! * 1000;
  const periods = EvaluationPeriods!;
  const end = Math.floor(now / periodMs) * periodMs;
  const metric = {
    namespace: request.Namespace!,
    name: request.MetricName!,
    dimensions: dimensionsOf(request.Dimensions),
  };
  const values = Array.from({ length: periods }, (_, index) => {
    const from = end - (index + 1) * periodMs;
    const found = metrics.between(metric, from, from + periodMs, request.Unit);
    return found === undefined ? undefined : statisticOf(found, Statistic!);
  });
  const present = values.filter((value) => value !== undefined);
  const missing = periods - present.length;
  const needed = request.DatapointsToAlarm ?? periods;
  const breaches = compare[ComparisonOperator!]!;
  const breaching = present.filter((value) => breaches(value, Threshold!)).length;
  const treatment = request.TreatMissingData ?? 'missing';
  const reasonData = JSON.stringify({
    version: '1.0',
    queryDate: new Date(now).toISOString(),
    statistic: Statistic,
    period: Period,
    recentDatapoints: present.toReversed(),
    threshold: Threshold,
  });
  const points = `${present.length} datapoint${present.length === 1 ? '' : 's'} [${present.join(', ')}]`;
  const verdict = (to: StateValue): Verdict => ({
    state: to,
    reason: `Threshold Crossed: ${breaching} of the last ${periods} periods breach the threshold (${Threshold}, ${ComparisonOperator}); ${points}, ${missing} missing and treated as ${treatment}.`,
    reasonData,
  });
  if (breaching + (treatment === 'breaching' ? missing : 0) >= needed) return verdict('ALARM');
  if (present.length > 0 || treatment === 'breaching' || treatment === 'notBreaching') return verdict('OK');
  if (treatment === 'ignore') return undefined;
  return state === 'INSUFFICIENT_DATA'
    ? undefined
    : {
        state: 'INSUFFICIENT_DATA',
        reason: `Insufficient Data: ${periods} datapoint${periods === 1 ? ' was' : 's were'} unknown.`,
        reasonData,
      };
}
