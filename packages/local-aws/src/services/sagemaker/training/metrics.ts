import type { MetricDefinition } from '@aws-sdk/client-sagemaker';
import { validation } from '../errors.ts';
import type { MetricRecord } from '../records.ts';

export interface Metrics {
  /** Looks at one line of the job's output. */
  take(line: string, at: number): void;
  /** The last value of each metric that was seen. */
  final(): MetricRecord[];
}

/**
 * Reads metrics from the output with the job's regular expressions: the first group as a 32-bit float, as in
 * SageMaker.
 *
 * @throws ServiceError ValidationException naming an expression that cannot be read
 */
export function createMetrics(definitions: readonly MetricDefinition[]): Metrics {
  const expressions = definitions.map(({ Name, Regex }) => ({ name: Name!, regex: compiled(Name!, Regex!) }));
  const last = new Map<string, MetricRecord>();
  return {
    take(line, at) {
      for (const { name, regex } of expressions) {
        const text = regex.exec(line)?.[1];
        const value = text === undefined || text.trim() === '' ? Number.NaN : Math.fround(Number(text));
        if (Number.isFinite(value)) last.set(name, { name, value, at });
      }
    },
    final: () => [...last.values()],
  };
}

function compiled(name: string, regex: string): RegExp {
  try {
    return new RegExp(regex);
  } catch (error) {
    throw validation(`The regex of metric ${name} is not valid: ${(error as Error).message}`);
  }
}
