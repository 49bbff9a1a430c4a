import type { GetMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { expect, test } from 'vitest';
import type { Champion } from '#core/contracts/outcome.ts';
import type { ConsoleServices } from '../../console/server/services.ts';
import { domainTraffic } from '../../console/server/traffic.ts';
import { recordingClient } from '../cloud/recording-client.ts';

/** Hourly values by metric and its dimensions, as CloudWatch would have them. */
const measured: Readonly<Record<string, number[]>> = {
  'Sum AWS/SageMaker Invocations graft-dev-own AllTraffic': [40, 2],
  'Sum AWS/SageMaker Invocation4XXErrors graft-dev-own AllTraffic': [1],
  'Sum AWS/SageMaker Invocation5XXErrors graft-dev-own AllTraffic': [2],
  'Average Graft/Endpoints Confidence own-job': [0.8, 0.6],
  'SampleCount Graft/Endpoints Confidence shared-job': [70, 7],
  'SampleCount Graft/Api Total graft shared 415': [3],
  'SampleCount Graft/Api Total graft shared 503': [1],
  'SampleCount Graft/Api Total graft shared 200': [90],
};

test('a domain on the shared endpoint has its own figures, of its model and of the REST API', async () => {
  const cloudwatch = recordingClient<ConsoleServices['cloudwatch']>({
    GetMetricData: ({ MetricDataQueries = [] }: GetMetricDataInput) => ({
      MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }) => {
        const { Namespace, MetricName, Dimensions = [] } = MetricStat!.Metric!;
        const key = [MetricStat!.Stat, Namespace, MetricName, ...Dimensions.map(({ Value }) => Value)].join(
          ' ',
        );
        return { Id, Values: measured[key] ?? [] };
      }),
    }),
  });
  const live = (trainingJob: string, targetModel?: string) =>
    ({ trainingJob, ...(targetModel === undefined ? {} : { targetModel }) }) as Champion;

  const traffic = await domainTraffic({ cloudwatch: cloudwatch.client, prefix: 'graft-dev', now: Date.now }, [
    { domain: 'own', champion: live('own-job') },
    { domain: 'shared', champion: live('shared-job', 'shared/deployed.tar.gz') },
    { domain: 'new', champion: undefined },
  ]);

  expect(traffic).toEqual([
    { requests: 42, errors: 3, confidence: expect.closeTo(0.7) },
    { shared: true, requests: 77, errors: 4 },
    { requests: 0, errors: 0 },
  ]);
  expect(cloudwatch.calls).toHaveLength(1);
});
