import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { createS3 } from 'local-aws/services';
import { type ManualClock, startLocal } from 'local-aws/testing';
import { Bucket } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { localModels } from '../../console/server/local-models.ts';
import type { ConsoleServices } from '../../console/server/services.ts';
import { explainAwsError } from '../../onprem-agent/aws/explain.ts';
import { recordingClient, serviceError } from '../cloud/recording-client.ts';

export const stateMachineArn =
  'arn:aws:states:eu-central-1:000000000000:stateMachine:graft-dev-promote-model';

/** A local S3 that real clients talk to over HTTP, with empty buckets. */
export async function startS3(clock?: ManualClock) {
  const local = await startLocal({ services: [createS3], ...(clock === undefined ? {} : { clock }) });
  const s3 = local.client(S3Client);
  for (const bucket of ['models', 'data', 'artifacts']) {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  }
  return { s3, stop: () => local.stop() };
}

/**
 * What a console works with: an S3, a Step Functions with executions of the test's making, and other
 * services that know nothing.
 *
 * @param executions the newest first; a test may change them
 */
export function consoleServices(given: S3Client, executions: readonly DescribeExecutionOutput[] = []) {
  const stopped: unknown[] = [];
  const asked: string[] = [];
  const counted = <Client extends object>(client: Client): Client =>
    ({
      send: (command: object) => {
        asked.push(command.constructor.name);
        return (client as unknown as { send(command: object): unknown }).send(command);
      },
    }) as unknown as Client;
  const s3 = counted(given);
  const sfn = recordingClient<ConsoleServices['sfn']>({
    DescribeExecution: ({ executionArn }: { executionArn: string }) => {
      const found = executions.find((each) => each.executionArn === executionArn);
      if (found === undefined) throw serviceError('ExecutionDoesNotExist', 'Execution Does Not Exist');
      return found;
    },
    ListExecutions: (input: { maxResults: number; nextToken?: string; statusFilter?: string }) => {
      const from = Number(input.nextToken ?? 0);
      const fitting = executions.filter(({ status }) => !input.statusFilter || status === input.statusFilter);
      const to = from + input.maxResults;
      return {
        executions: fitting.slice(from, to),
        ...(to < fitting.length ? { nextToken: String(to) } : {}),
      };
    },
    GetExecutionHistory: { events: [] },
    StopExecution: (input: unknown) => stopped.push(input),
  });
  const services: ConsoleServices = {
    store: promotionStore(s3, 'artifacts'),
    models: new Bucket(s3, 'models'),
    data: new Bucket(s3, 'data'),
    sfn: counted(sfn.client),
    sagemaker: recordingClient<ConsoleServices['sagemaker']>({
      DescribeEndpoint: serviceError('ValidationException', 'Could not find endpoint'),
    }).client,
    runtime: recordingClient<ConsoleServices['runtime']>({}).client,
    cloudwatch: recordingClient<ConsoleServices['cloudwatch']>({ GetMetricData: { MetricDataResults: [] } })
      .client,
    logs: recordingClient<ConsoleServices['logs']>({}).client,
    stateMachineArn,
    trust: { publicKeys: [], revokedKeys: [] },
    prefix: 'graft-dev',
    session: { stack: 'graft-dev', region: 'eu-central-1', person: 'jane', readOnly: false, local: true },
    localModels: localModels({
      artifacts: new Bucket(s3, 'artifacts'),
      folder: join(tmpdir(), 'graft-console-test-models'),
      load: async () => ({ predict: () => Promise.reject(new Error('not loaded')), close: async () => {} }),
    }),
    agents: [],
    lookMs: 10,
    now: Date.now,
    explain: explainAwsError,
  };
  return {
    services,
    stopped,
    /** Operations that S3 and Step Functions were asked for, oldest first. */
    asked,
  };
}
