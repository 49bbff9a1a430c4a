import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  ListEndpointConfigsCommand,
  ListEndpointsCommand,
  ListModelPackageGroupsCommand,
  ListModelsCommand,
  ListTrainingJobsCommand,
  ListTransformJobsCommand,
} from '@aws-sdk/client-sagemaker';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { createCloudWatch, createStepFunctions } from 'local-aws/services';
import { jobIs, type Machine, provisioned, SOON, startMachine } from 'local-aws/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Removal } from '../../../scripts/remove/arguments.ts';
import type { Clients } from '../../../scripts/remove/clients.ts';
import { removeStage } from '../../../scripts/remove/remove.ts';
import { executionArn, makeStage, stateMachine } from './stages.ts';

let machine: Machine;
let clients: Clients;
/** What the names of two stages begin with is the same up to the hyphen. */
const stages = ['dev', 'dev2'];

beforeAll(async () => {
  const states = provisioned(createStepFunctions, { One: stateMachine('dev'), Two: stateMachine('dev2') });
  machine = await startMachine({ jobs: 4, more: [createCloudWatch, states] });
  clients = {
    states: machine.client(SFNClient),
    sagemaker: machine.sagemaker,
    cloudwatch: machine.client(CloudWatchClient),
    logs: machine.client(CloudWatchLogsClient),
    s3: machine.client(S3Client),
  };
  for (const stage of stages) await makeStage(stage, machine, clients);
  for (const stage of stages) {
    await machine.event(jobIs(`graft-${stage}-produce-ended`, 'Completed'));
    await machine.event(jobIs(`graft-${stage}-produce-running`, 'Training'));
  }
  // A job's stream comes with its program's first line, a moment after its status.
  await vi.waitUntil(async () => (await jobStreams('TrainingJobs')).length === 2 * stages.length, SOON);
});

afterAll(() => machine.stop());

/** Runs the removal of `dev`. The stack's own deletion is CloudFormation's, and counted only. */
async function remove(changes: Partial<Removal> = {}) {
  const lines: string[] = [];
  const stack = { there: true, removed: 0 };
  const removal = { stage: 'dev', region: 'eu-central-1', buckets: false, yes: true, ...changes };
  await removeStage(removal, {
    clients,
    account: '000000000000',
    // A real wait, as short as the local endpoints allow.
    patience: { sleep: () => new Promise((resolve) => setImmediate(resolve)), interval: 0, looks: 100_000 },
    stackExists: async () => stack.there,
    removeStack: async () => {
      stack.there = false;
      stack.removed += 1;
    },
    print: (line) => lines.push(line),
  });
  return { printed: lines.join('\n'), stacksRemoved: stack.removed };
}

async function jobStreams(kind: 'TrainingJobs' | 'TransformJobs'): Promise<string[]> {
  const { logStreams } = await clients.logs.send(
    new DescribeLogStreamsCommand({ logGroupName: `/aws/sagemaker/${kind}` }),
  );
  return logStreams!.map(({ logStreamName }) => logStreamName!);
}

/** Names of everything that is there, of both stages. */
async function everything(): Promise<string[]> {
  const { sagemaker, cloudwatch, logs, s3, states } = clients;
  const most = { MaxResults: 100 };
  const executions = await Promise.all(
    stages.map((stage) => states.send(new DescribeExecutionCommand({ executionArn: executionArn(stage) }))),
  );
  return [
    ...executions.filter(({ status }) => status === 'RUNNING').map((one) => `execution ${one.executionArn}`),
    ...(await sagemaker.send(new ListEndpointsCommand(most))).Endpoints!.map(
      (one) => `endpoint ${one.EndpointName}`,
    ),
    ...(await sagemaker.send(new ListEndpointConfigsCommand(most))).EndpointConfigs!.map(
      (one) => `configuration ${one.EndpointConfigName}`,
    ),
    ...(await sagemaker.send(new ListModelsCommand(most))).Models!.map((one) => `model ${one.ModelName}`),
    ...(await sagemaker.send(new ListTrainingJobsCommand(most))).TrainingJobSummaries!.map(
      (one) => `job ${one.TrainingJobName}`,
    ),
    ...(
      await sagemaker.send(new ListTransformJobsCommand({ ...most, StatusEquals: 'InProgress' }))
    ).TransformJobSummaries!.map((one) => `batch ${one.TransformJobName}`),
    ...(await sagemaker.send(new ListModelPackageGroupsCommand(most))).ModelPackageGroupSummaryList!.map(
      (one) => `packages ${one.ModelPackageGroupName}`,
    ),
    ...(await cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms!.map(
      (one) => `alarm ${one.AlarmName}`,
    ),
    ...(await logs.send(new DescribeLogGroupsCommand({}))).logGroups!.map(
      (one) => `logs ${one.logGroupName}`,
    ),
    ...(await jobStreams('TrainingJobs')).map((name) => `stream ${name}`),
    ...(await jobStreams('TransformJobs')).map((name) => `batch-stream ${name}`),
    ...(await s3.send(new ListBucketsCommand({}))).Buckets!.map((one) => `bucket ${one.Name}`),
  ].sort();
}

const ofStage = (stage: string) => (name: string) => new RegExp(`graft-${stage}(?![a-z0-9])`).test(name);

describe('npm run remove', () => {
  test('lists what it would delete without --yes, and deletes nothing', async () => {
    const before = await everything();
    const { printed, stacksRemoved } = await remove({ yes: false, buckets: true });

    expect(await everything()).toEqual(before);
    expect(stacksRemoved).toBe(0);
    for (const name of before.filter(ofStage('dev'))) expect(printed).toContain(name.split(' ')[1]);
    expect(printed).toContain('Stack (1)\n  graft-dev\n');
    expect(printed).not.toContain('dev2');
    expect(printed).toContain('Nothing was deleted.');
  });

  test('removes everything of the stage but its buckets, and nothing of another', async () => {
    const before = await everything();
    const kinds = new Set(before.filter(ofStage('dev')).map((name) => name.split(' ')[0]));
    expect([...kinds].sort()).toEqual([
      'alarm',
      'batch',
      'batch-stream',
      'bucket',
      'configuration',
      'endpoint',
      'execution',
      'job',
      'logs',
      'model',
      'packages',
      'stream',
    ]);

    const { printed, stacksRemoved } = await remove();

    const bucket = 'bucket graft-dev-models-000000000000-eu-central-1';
    expect(await everything()).toEqual(before.filter((name) => !ofStage('dev')(name) || name === bucket));
    expect(stacksRemoved).toBe(1);
    expect(printed).toContain('Stage dev is removed.');
    expect(printed).toContain('These buckets stay');
  });

  test('goes on where it ended: the buckets, when they are asked for', async () => {
    const before = await everything();

    const { stacksRemoved } = await remove({ buckets: true });

    expect(await everything()).toEqual(before.filter((name) => !ofStage('dev')(name)));
    expect(stacksRemoved).toBe(1);
  });

  test('finds nothing the next time', async () => {
    const before = await everything();

    await remove({ buckets: true });

    expect(await everything()).toEqual(before);
    expect(before.filter(ofStage('dev2'))).not.toEqual([]);
  });
});
