import type {
  Datapoint,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  StandardUnit,
  Statistic,
} from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../../service.ts';
import { dimensionsOf, statisticOf } from '../alarm.ts';
import type { CloudWatchContext } from '../context.ts';

const MOST_POINTS = 1440;

const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);

export function getMetricStatistics(
  { metrics }: CloudWatchContext,
  input: GetMetricStatisticsInput,
): GetMetricStatisticsOutput {
  if (input.ExtendedStatistics !== undefined) {
    throw invalid('The local AWS does not emulate ExtendedStatistics: see docs/fidelity.md of local-aws.');
  }
  const { Namespace, MetricName, Statistics = [], Period, Unit } = input;
  if (Statistics.length === 0) {
    throw new ServiceError(
      'MissingParameter',
      'At least one of the parameters Statistics or ExtendedStatistics must be specified.',
    );
  }
  const metric = { namespace: Namespace!, name: MetricName!, dimensions: dimensionsOf(input.Dimensions) };
  // Data of different units are never added up, nor converted.
  const units = Unit === undefined ? metrics.unitsOf(metric) : [Unit];
  const Datapoints: Datapoint[] = periodsOf(input.StartTime!, input.EndTime!, Period!).flatMap((from) =>
    units.flatMap((unit) => {
      const found = metrics.between(metric, from, from + Period! * 1000, unit);
      if (found === undefined) return [];
      const shown = Object.fromEntries(Statistics.map((one) => [one, statisticOf(found, one)]));
      return [{ Timestamp: new Date(from), ...shown, Unit: unit as StandardUnit }];
    }),
  );
  return { Label: MetricName!, Datapoints };
}

export function getMetricData(
  { metrics }: CloudWatchContext,
  input: GetMetricDataInput,
): GetMetricDataOutput {
  const results = (input.MetricDataQueries ?? []).map(({ Id, MetricStat, Expression, Label, ReturnData }) => {
    if (MetricStat === undefined || Expression !== undefined) {
      throw invalid(
        `The local AWS does not emulate expressions (query ${Id}): see docs/fidelity.md of local-aws.`,
      );
    }
    const { Metric, Period, Stat, Unit } = MetricStat;
    if (!['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'].includes(Stat!)) {
      throw invalid(`The local AWS does not emulate the statistic ${Stat} (query ${Id}).`);
    }
    const metric = {
      namespace: Metric!.Namespace!,
      name: Metric!.MetricName!,
      dimensions: dimensionsOf(Metric!.Dimensions),
    };
    const points = periodsOf(input.StartTime!, input.EndTime!, Period!).flatMap((from) => {
      const found = metrics.between(metric, from, from + Period! * 1000, Unit);
      return found === undefined ? [] : [{ from, value: statisticOf(found, Stat as Statistic) }];
    });
    if (input.ScanBy !== 'TimestampAscending') points.reverse();
    return {
      returned: ReturnData ?? true,
      result: {
        Id: Id!,
        Label: Label ?? Metric!.MetricName!,
        Timestamps: points.map(({ from }) => new Date(from)),
        Values: points.map(({ value }) => value),
        StatusCode: 'Complete' as const,
      },
    };
  });
  return { MetricDataResults: results.flatMap(({ returned, result }) => (returned ? [result] : [])) };
}

/** Beginnings of the periods between two times, aligned to the clock. */
function periodsOf(start: Date, end: Date, period: number): number[] {
  if (period < 1 || (period % 60 !== 0 && ![1, 5, 10, 20, 30].includes(period))) {
    throw invalid('The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.');
  }
  if (end.getTime() <= start.getTime()) throw invalid('The parameter StartTime must be less than EndTime.');
  const step = period * 1000;
  const first = Math.floor(start.getTime() / step) * step;
  const count = Math.ceil((end.getTime() - first) / step);
  if (count > MOST_POINTS) {
    throw invalid(`You have requested ${count} datapoints, which exceeds the limit of ${MOST_POINTS}.`);
  }
  return Array.from({ length: count }, (_, index) => first + index * step);
}

export function listMetrics({ metrics }: CloudWatchContext, input: ListMetricsInput): ListMetricsOutput {
  const wanted = input.Dimensions ?? [];
  return {
    Metrics: metrics
      .list()
      .filter(
        ({ namespace, name, dimensions }) =>
          (input.Namespace === undefined || input.Namespace === namespace) &&
          (input.MetricName === undefined || input.MetricName === name) &&
          wanted.every(
            ({ Name, Value }) =>
              dimensions[Name!] !== undefined && (Value === undefined || dimensions[Name!] === Value),
          ),
      )
      .map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
  };
}
