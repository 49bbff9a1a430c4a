import type {
  Datapoint,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  MetricDatum,
  PutMetricDataInput,
  StandardUnit,
  Statistic,
} from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../service.ts';
import { dimensionsOf, statisticOf } from './alarm.ts';
import type { Metrics, Statistics } from './metrics.ts';

const MOST_POINTS = 1440;

const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);

export function putMetricData(metrics: Metrics, input: PutMetricDataInput): void {
  const namespace = input.Namespace ?? '';
  if (namespace.startsWith('AWS/')) {
    throw invalid('The value AWS/ for parameter Namespace is invalid: it belongs to AWS services.');
  }
  if (input.EntityMetricData !== undefined) throw invalid('The local AWS does not emulate EntityMetricData.');
  for (const datum of input.MetricData ?? []) {
    const metric = {
      namespace,
      name: datum.MetricName ?? '',
      dimensions: dimensionsOf(datum.Dimensions),
      ...(datum.Unit === undefined ? {} : { unit: datum.Unit }),
    };
    for (const value of valuesOf(datum)) metrics.add(metric, value, datum.Timestamp?.getTime());
  }
}

function valuesOf({
  MetricName,
  Value,
  StatisticValues,
  Values,
  Counts,
}: MetricDatum): (number | Statistics)[] {
  if (Value !== undefined) return [Value];
  if (StatisticValues !== undefined) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    return [{ count: SampleCount!, sum: Sum!, min: Minimum!, max: Maximum! }];
  }
  if (Values === undefined || Values.length === 0) throw invalid(`The metric ${MetricName} has no value.`);
  if (Counts !== undefined && Counts.length !== Values.length) {
    throw invalid(`The metric ${MetricName} has ${Values.length} values and ${Counts.length} counts.`);
  }
  return Values.map((value, index) => {
    const count = Counts?.[index] ?? 1;
    return { count, sum: value * count, min: value, max: value };
  });
}

export function getMetricStatistics(
  metrics: Metrics,
  input: GetMetricStatisticsInput,
): GetMetricStatisticsOutput {
  if (input.ExtendedStatistics !== undefined) {
    throw invalid('The local AWS does not emulate ExtendedStatistics: see docs/fidelity.md.');
  }
  const { Namespace, MetricName, Statistics = [] } = input;
  const dimensions = dimensionsOf(input.Dimensions);
  const Unit = metrics.unitOf(Namespace!, MetricName!, dimensions) as StandardUnit;
  const Datapoints: Datapoint[] = periodsOf(input.StartTime!, input.EndTime!, input.Period!).flatMap(
    (from) => {
      const found = metrics.between(Namespace!, MetricName!, dimensions, from, from + input.Period! * 1000);
      if (found === undefined) return [];
      const shown = Object.fromEntries(Statistics.map((one) => [one, statisticOf(found, one)]));
      return [{ Timestamp: new Date(from), ...shown, Unit }];
    },
  );
  return { Label: MetricName!, Datapoints };
}

export function getMetricData(metrics: Metrics, input: GetMetricDataInput): GetMetricDataOutput {
  const results = (input.MetricDataQueries ?? []).map(({ Id, MetricStat, Expression, Label, ReturnData }) => {
    if (MetricStat === undefined || Expression !== undefined) {
      throw invalid(`The local AWS does not emulate expressions (query ${Id}): see docs/fidelity.md.`);
    }
    const { Metric, Period, Stat } = MetricStat;
    if (!['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'].includes(Stat!)) {
      throw invalid(`The local AWS does not emulate the statistic ${Stat} (query ${Id}).`);
    }
    const dimensions = dimensionsOf(Metric!.Dimensions);
    const points = periodsOf(input.StartTime!, input.EndTime!, Period!).flatMap((from) => {
      const found = metrics.between(
        Metric!.Namespace!,
        Metric!.MetricName!,
        dimensions,
        from,
        from + Period! * 1000,
      );
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
  if (period < 1) throw invalid('The parameter Period must be at least 1.');
  if (end.getTime() <= start.getTime()) throw invalid('The parameter StartTime must be less than EndTime.');
  const step = period * 1000;
  const first = Math.floor(start.getTime() / step) * step;
  const count = Math.ceil((end.getTime() - first) / step);
  if (count > MOST_POINTS) {
    throw invalid(`You have requested ${count} datapoints, which exceeds the limit of ${MOST_POINTS}.`);
  }
  return Array.from({ length: count }, (_, index) => first + index * step);
}

export function listMetrics(metrics: Metrics, input: ListMetricsInput): ListMetricsOutput {
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
