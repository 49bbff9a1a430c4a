import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { VARIANT } from '#cloud/endpoints/endpoint-configs.ts';
import { mapBounded } from '#core/bounded.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { reportKey } from '#core/keys.ts';
import { endpointName } from '#core/names.ts';
import { CONFIDENCE, ENDPOINT_NAMESPACE, TRAINING_JOB } from '#core/served-metrics.ts';
import type { DomainFigures } from '../contracts/domains.ts';
import type { ConsoleServices } from './services.ts';

/** Champions whose accuracies make the small line. */
const CHAMPIONS = 12;
const AT_ONCE = 6;
const HOUR_S = 3_600;
const DAY_MS = 24 * HOUR_S * 1000;
const MONTH_DAYS = 30;

/** What takes longer to find out about some domains: traffic, costs, what was live. */
export async function domainFigures(
  services: ConsoleServices,
  domains: readonly string[],
): Promise<DomainFigures[]> {
  const champions = await mapBounded(domains, AT_ONCE, async (domain) =>
    services.store.champions.find(domain),
  );
  const [records, metrics] = await Promise.all([
    mapBounded(domains, AT_ONCE, (domain, index) =>
      fromRecords(services, domain, champions[index]?.champion),
    ),
    traffic(
      services,
      domains,
      champions.map((found) => found?.champion.trainingJob),
    ),
  ]);
  return records.map((figures, index) => ({ ...figures, ...metrics[index] }));
}

async function fromRecords(
  { store, now }: ConsoleServices,
  domain: string,
  champion: Champion | undefined,
): Promise<DomainFigures> {
  const month = now() - MONTH_DAYS * DAY_MS;
  const [history, begun, evaluation] = await Promise.all([
    store.championHistory.list(domain, CHAMPIONS),
    store.promotions.begun(domain),
    champion && store.evaluations.find(champion.evaluationKey),
  ]);
  const reports = await Promise.all(
    begun
      .filter(({ began }) => began >= month)
      .map(({ execution }) => store.bucket.findJson(reportKey(execution, domain, 'json'), reportSchema)),
  );
  const costs = reports.flatMap((report) => (report === undefined ? [] : [report.cost.total]));
  const unsure = evaluation?.unsure?.falseAlarms;
  return {
    domain,
    history: history.map(({ accuracy }) => accuracy),
    cost: costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0),
    ...(evaluation === undefined ? {} : { interval: evaluation.interval }),
    ...(unsure === undefined ? {} : { unsure }),
  };
}

/** Requests, errors and confidence of the last day, from CloudWatch, in one call. */
async function traffic(
  { cloudwatch, prefix, now }: ConsoleServices,
  domains: readonly string[],
  trainingJobs: readonly (string | undefined)[],
): Promise<Partial<DomainFigures>[]> {
  if (domains.length === 0) return [];
  const queries = domains.flatMap((domain, index): MetricDataQuery[] => {
    const endpoint = [
      { Name: 'EndpointName', Value: endpointName(prefix, domain) },
      { Name: 'VariantName', Value: VARIANT },
    ];
    const ofEndpoint = (id: string, name: string): MetricDataQuery => ({
      Id: `${id}${index}`,
      MetricStat: {
        Metric: { Namespace: 'AWS/SageMaker', MetricName: name, Dimensions: endpoint },
        Period: HOUR_S,
        Stat: 'Sum',
      },
    });
    const job = trainingJobs[index];
    return [
      ofEndpoint('requests', 'Invocations'),
      ofEndpoint('client', 'Invocation4XXErrors'),
      ofEndpoint('server', 'Invocation5XXErrors'),
      ...(job === undefined
        ? []
        : [
            {
              Id: `confidence${index}`,
              MetricStat: {
                Metric: {
                  Namespace: ENDPOINT_NAMESPACE,
                  MetricName: CONFIDENCE,
                  Dimensions: [{ Name: TRAINING_JOB, Value: job }],
                },
                Period: HOUR_S,
                Stat: 'Average',
              },
            },
          ]),
    ];
  });
  const { MetricDataResults = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now() - DAY_MS),
      EndTime: new Date(now()),
      MetricDataQueries: queries,
    }),
  );
  const valuesOf = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
  const sum = (id: string) => (valuesOf.get(id) ?? []).reduce((total, value) => total + value, 0);
  return domains.map((_domain, index) => {
    const confidences = valuesOf.get(`confidence${index}`) ?? [];
    const requests = sum(`requests${index}`);
    return {
      requests,
      errors: sum(`client${index}`) + sum(`server${index}`),
      ...(confidences.length === 0 ? {} : { confidence: sum(`confidence${index}`) / confidences.length }),
    };
  });
}
