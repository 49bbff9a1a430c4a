import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { VARIANT } from '#cloud/endpoints/endpoint-configs.ts';
import { endpointName } from '#core/names.ts';
import {
  API_NAMESPACE,
  API_SERVICE,
  API_TOTAL,
  CONFIDENCE,
  ENDPOINT_NAMESPACE,
  TRAINING_JOB,
} from '#core/served-metrics.ts';
import type { DomainFigures } from '../contracts/domains.ts';
import type { KnownDomain } from './domains.ts';
import type { ConsoleServices } from './services.ts';

const HOUR_S = 3_600;
const DAY_MS = 24 * HOUR_S * 1000;
/** With which the REST API tells that a prediction failed. */
const FAILURES = [400, 403, 404, 413, 415, 429, 500, 502, 503, 504];

type Traffic = Pick<DomainFigures, 'requests' | 'errors' | 'confidence' | 'shared'>;
type Values = (id: string) => readonly number[];

/** What is asked about one domain, and what its values say. */
interface Question {
  queries: readonly MetricDataQuery[];
  read(values: Values): Traffic;
}

/** Requests, errors and confidence of the last day, from CloudWatch, in one call. */
export async function domainTraffic(
  { cloudwatch, prefix, now }: Pick<ConsoleServices, 'cloudwatch' | 'prefix' | 'now'>,
  domains: readonly Pick<KnownDomain, 'domain' | 'champion'>[],
): Promise<Traffic[]> {
  if (domains.length === 0) return [];
  const questions = domains.map(({ domain, champion }, index) =>
    champion?.targetModel === undefined
      ? aboutOwnEndpoint(endpointName(prefix, domain), champion?.trainingJob, index)
      : aboutSharedEndpoint(domain, champion.trainingJob, index),
  );
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now() - DAY_MS),
      EndTime: new Date(now()),
      MetricDataQueries: questions.flatMap(({ queries }) => queries),
    }),
  );
  const found = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
  return questions.map(({ read }) => read((id) => found.get(id) ?? []));
}

function aboutOwnEndpoint(endpoint: string, trainingJob: string | undefined, index: number): Question {
  const query = (id: string, name: string) =>
    metric(`${id}${index}`, 'Sum', ['AWS/SageMaker', name, { EndpointName: endpoint, VariantName: VARIANT }]);
  return {
    queries: [
      query('requests', 'Invocations'),
      query('client', 'Invocation4XXErrors'),
      query('server', 'Invocation5XXErrors'),
      ...(trainingJob === undefined ? [] : [confidence(`confidence${index}`, 'Average', trainingJob)]),
    ],
    read: (values) => ({
      requests: sum(values(`requests${index}`)),
      errors: sum(values(`client${index}`)) + sum(values(`server${index}`)),
      ...mean(values(`confidence${index}`)),
    }),
  };
}

/**
 * SageMaker measures a multi-model endpoint as a whole ("Per-model metrics aren't supported", "CloudWatch
 * Metrics for Multi-Model Endpoint Deployments" in its guide). What is known of one model is what the
 * container writes of its answers, and the REST API of requests that failed.
 */
function aboutSharedEndpoint(domain: string, trainingJob: string, index: number): Question {
  const failed = (status: number) => {
    const dimensions = { service: API_SERVICE, domain, status: String(status) };
    return metric(`failed${status}x${index}`, 'SampleCount', [API_NAMESPACE, API_TOTAL, dimensions]);
  };
  return {
    queries: [
      confidence(`images${index}`, 'SampleCount', trainingJob),
      confidence(`confidence${index}`, 'Average', trainingJob),
      ...FAILURES.map(failed),
    ],
    read: (values) => ({
      shared: true,
      requests: sum(values(`images${index}`)),
      errors: FAILURES.reduce((total, status) => total + sum(values(`failed${status}x${index}`)), 0),
      ...mean(values(`confidence${index}`)),
    }),
  };
}

const confidence = (id: string, stat: string, trainingJob: string) =>
  metric(id, stat, [ENDPOINT_NAMESPACE, CONFIDENCE, { [TRAINING_JOB]: trainingJob }]);

function metric(
  id: string,
  stat: string,
  [namespace, name, dimensions]: [namespace: string, name: string, dimensions: Record<string, string>],
): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: name, Dimensions };
  return { Id: id, MetricStat: { Metric, Period: HOUR_S, Stat: stat } };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const mean = (values: readonly number[]): Pick<Traffic, 'confidence'> =>
  values.length === 0 ? {} : { confidence: sum(values) / values.length };
