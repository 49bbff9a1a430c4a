import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../../service.ts';
import { dimensionsOf } from '../alarm.ts';
import type { CloudWatchContext } from '../context.ts';
import type { Statistics } from '../metrics.ts';

/** Data may be so much older, or further ahead, than the clock. */
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;
/** Values of one datum, and the greatest magnitude of one. */
const MOST_VALUES = 150;
const GREATEST = 2 ** 360;

const invalid = (message: string) => new ServiceError('InvalidParameterValue', message);
const contradiction = (message: string) => new ServiceError('InvalidParameterCombination', message);

/**
 * Takes all of a request's data, or none.
 *
 * @throws ServiceError InvalidParameterValue, InvalidParameterCombination, MissingParameter
 */
export function putMetricData({ world, metrics }: CloudWatchContext, input: PutMetricDataInput): void {
  const now = world.clock.now();
  const namespace = input.Namespace ?? '';
  if (namespace.startsWith('AWS/')) {
    throw invalid('The value AWS/ for parameter Namespace is invalid: it belongs to AWS services.');
  }
  if (input.EntityMetricData !== undefined) throw invalid('The local AWS does not emulate EntityMetricData.');
  const data = (input.MetricData ?? []).map((datum, index) => {
    const at = `MetricData.member.${index + 1}`;
    assertTime(datum.Timestamp, `${at}.Timestamp`, now);
    return { datum, values: valuesOf(datum, at) };
  });
  for (const { datum, values } of data) {
    const metric = {
      namespace,
      name: datum.MetricName ?? '',
      dimensions: dimensionsOf(datum.Dimensions),
      ...(datum.Unit === undefined ? {} : { unit: datum.Unit }),
    };
    for (const value of values) metrics.add(metric, value, datum.Timestamp?.getTime());
  }
}

function assertTime(timestamp: Date | undefined, at: string, now: number): void {
  const time = timestamp?.getTime() ?? now;
  const shown = timestamp?.toISOString();
  if (time < now - OLDEST_MS) {
    throw invalid(
      `The value ${shown} for parameter ${at} must specify a time no more than two weeks in the past.`,
    );
  }
  if (time > now + NEWEST_MS) {
    throw invalid(
      `The value ${shown} for parameter ${at} must specify a time no more than two hours in the future.`,
    );
  }
}

/** A datum has one of three forms. */
function valuesOf(datum: MetricDatum, at: string): (number | Statistics)[] {
  const forms = (['Value', 'StatisticValues', 'Values'] as const).filter((name) => datum[name] !== undefined);
  const [form, other] = forms;
  if (other !== undefined) {
    throw contradiction(
      `The parameters ${at}.${form} and ${at}.${other} are mutually exclusive and you have specified both.`,
    );
  }
  if (form === undefined) {
    throw new ServiceError(
      'MissingParameter',
      `At least one of the parameters ${at}.Value, ${at}.Values or ${at}.StatisticValues must be specified.`,
    );
  }
  const { Value, StatisticValues, Values = [], Counts } = datum;
  if (Counts !== undefined && form !== 'Values') {
    throw contradiction(`The parameter ${at}.Counts belongs to ${at}.Values, which is missing.`);
  }
  if (Value !== undefined) return [finite(Value, `${at}.Value`)];
  if (StatisticValues !== undefined) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    for (const [name, value] of Object.entries(StatisticValues))
      finite(value, `${at}.StatisticValues.${name}`);
    return [{ count: SampleCount!, sum: Sum!, min: Minimum!, max: Maximum! }];
  }
  if (Values.length === 0 || Values.length > MOST_VALUES) {
    throw invalid(`The collection ${at}.Values must not have a size of 0, nor greater than ${MOST_VALUES}.`);
  }
  if (Counts !== undefined && Counts.length !== Values.length) {
    throw invalid(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  }
  return Values.map((value, index) => {
    finite(value, `${at}.Values.member.${index + 1}`);
    const count = finite(Counts?.[index] ?? 1, `${at}.Counts.member.${index + 1}`);
    return { count, sum: value * count, min: value, max: value };
  });
}

function finite(value: number, at: string): number {
  if (Math.abs(value) <= GREATEST) return value;
  throw invalid(`The value ${value} for parameter ${at} is invalid.`);
}
