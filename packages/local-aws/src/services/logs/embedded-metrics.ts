import type { PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';

/** The format's limits: dimensions of a set, values of a metric. */
const MOST_DIMENSIONS = 30;
const MOST_VALUES = 100;

/**
 * The root of a log event in embedded metric format. Its other members are values, dimensions and properties.
 */
const embeddedSchema = z.object({
  _aws: z.object({
    Timestamp: z.int().positive(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string().min(1).max(1024),
        Dimensions: z.array(z.array(z.string()).max(MOST_DIMENSIONS)),
        Metrics: z.array(z.object({ Name: z.string().min(1), Unit: z.string().optional() })).max(100),
      }),
    ),
  }),
});
const valuesSchema = z.union([z.number(), z.array(z.number()).max(MOST_VALUES)]);

/**
 * The metrics of a log event in embedded metric format, each once for each set of dimensions. Other events
 * have none. A metric or dimension that the event declares but does not contain is left out. See "Embedded
 * metric format specification" in CloudWatch's user guide.
 */
export function embeddedMetrics(message: string): PutMetricDataInput[] {
  // Most lines are none, and need not be parsed.
  if (!message.includes('"CloudWatchMetrics"')) return [];
  const root = parsed(message);
  const embedded = embeddedSchema.safeParse(root);
  if (!embedded.success) return [];
  const properties = root as Record<string, unknown>;
  const { Timestamp, CloudWatchMetrics } = embedded.data._aws;
  return CloudWatchMetrics.map(({ Namespace, Dimensions, Metrics }) => ({
    Namespace,
    MetricData: Dimensions.flatMap((names) => {
      if (!names.every((name) => typeof properties[name] === 'string')) return [];
      const dimensions = names.map((Name) => ({ Name, Value: properties[Name] as string }));
      return Metrics.flatMap(({ Name, Unit = 'None' }) => {
        const values = valuesSchema.safeParse(properties[Name]);
        if (!values.success) return [];
        const Values = [values.data].flat();
        const metric = { MetricName: Name, Unit, Dimensions: dimensions, Timestamp: new Date(Timestamp) };
        return [{ ...metric, Values } as NonNullable<PutMetricDataInput['MetricData']>[number]];
      });
    }),
  })).filter(({ MetricData }) => MetricData.length > 0);
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
