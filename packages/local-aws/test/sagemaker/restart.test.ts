import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  DescribeTrainingJobCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import {
  BUCKET,
  endpointIs,
  IMAGE,
  jobInput,
  jobIs,
  type Machine,
  ROLE,
  SOON,
  startMachine,
  tar,
} from '../../src/testing/sagemaker-machine.ts';

let state: string;
let machine: Machine;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-restart-'));
  machine = await startMachine({ state, jobs: 1 });
  await machine.put('settings.json', '{}');
  await machine.put('pictures/a/1.png', 'one');
});
afterEach(async () => {
  await machine.stop();
  rmSync(state, { recursive: true, force: true });
});

/** What is on disk is the same after a stop and after a kill: a stop only ends the processes. */
async function restart(options: Parameters<typeof startMachine>[0] = {}) {
  await machine.stop();
  machine = await startMachine({ state, jobs: 1, ...options });
}

const run = (name: string, what: string, retries?: number) =>
  machine.sagemaker.send(
    new CreateTrainingJobCommand(
      jobInput(name, {
        HyperParameters: { do: what },
        ...(retries === undefined ? {} : { RetryStrategy: { MaximumRetryAttempts: retries } }),
      }),
    ),
  );
const job = (TrainingJobName: string) =>
  machine.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));

describe('after a restart', () => {
  it('a job that was running has failed with an internal error', async () => {
    await run('cut', 'wait');
    await machine.event(jobIs('cut', 'Training'));

    await restart();
    await machine.event(jobIs('cut', 'Failed'));

    expect(await job('cut')).toMatchObject({
      TrainingJobStatus: 'Failed',
      FailureReason: expect.stringMatching(/^InternalServerError: We encountered an internal error/),
    });
  });

  it('a job with a retry strategy starts from its beginning, once per retry', async () => {
    await run('patient', 'wait', 1);
    await machine.event(jobIs('patient', 'Training'));

    await restart();
    await machine.event(jobIs('patient', 'Training'));
    expect((await job('patient')).SecondaryStatusTransitions?.map((one) => one.Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Restarting',
      'Downloading',
      'Training',
    ]);

    await restart();
    await machine.event(jobIs('patient', 'Failed'));
  });

  it('a job that was waiting runs', async () => {
    await run('first', 'wait');
    await run('next', '');
    await machine.event(jobIs('next', 'Pending'));

    await restart();

    await machine.event(jobIs('next', 'Completed'));
    expect((await job('next')).SecondaryStatusTransitions?.map((one) => one.Status)).toEqual([
      'Starting',
      'Pending',
      'Downloading',
      'Training',
      'Uploading',
      'Completed',
    ]);
  });

  it('an endpoint in service is in service again, and requests wait for it', async () => {
    await machine.put('model.tar.gz', await tar({ 'behaviour.json': '{"name":"kept"}' }));
    await machine.sagemaker.send(
      new CreateModelCommand({
        ModelName: 'kept',
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/model.tar.gz` },
      }),
    );
    await machine.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'kept',
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: 'kept',
            ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 5 },
          },
        ],
      }),
    );
    await machine.sagemaker.send(
      new CreateEndpointCommand({ EndpointName: 'kept', EndpointConfigName: 'kept' }),
    );
    await machine.event(endpointIs('kept', 'IN_SERVICE'));

    await restart();
    const { Body } = await machine.runtime.send(
      new InvokeEndpointCommand({ EndpointName: 'kept', Body: 'image' }),
    );

    expect(JSON.parse(Buffer.from(Body).toString()).name).toBe('kept');
    await machine.event(endpointIs('kept', 'IN_SERVICE'));
    expect(await machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'kept' }))).toMatchObject(
      {
        EndpointStatus: 'InService',
        EndpointConfigName: 'kept',
      },
    );
  });

  it('a rollout that was under way begins anew, and ends on the new configuration', async () => {
    const clock = new ManualClock();
    await restart({ clock });
    const { sagemaker } = machine;
    for (const name of ['one', 'two']) {
      await machine.put(`${name}.tar.gz`, await tar({ 'behaviour.json': JSON.stringify({ name }) }));
      await sagemaker.send(
        new CreateModelCommand({
          ModelName: name,
          ExecutionRoleArn: ROLE,
          PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/${name}.tar.gz` },
        }),
      );
      await sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: name,
          ProductionVariants: [
            { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 2 },
          ],
        }),
      );
    }
    const until = async (fits: (endpoint: DescribeEndpointCommandOutput) => boolean) => {
      await expect
        .poll(async () => {
          clock.advance(100);
          return fits(await machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'e' })));
        }, SOON)
        .toBe(true);
    };
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: 'e', EndpointConfigName: 'one' }));
    await until(({ EndpointStatus }) => EndpointStatus === 'InService');
    await sagemaker.send(
      new UpdateEndpointCommand({
        EndpointName: 'e',
        EndpointConfigName: 'two',
        DeploymentConfig: {
          BlueGreenUpdatePolicy: {
            TrafficRoutingConfiguration: {
              Type: 'CANARY',
              WaitIntervalInSeconds: 5,
              CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
            },
          },
        },
      }),
    );
    await until(
      ({ PendingDeploymentSummary }) =>
        PendingDeploymentSummary?.ProductionVariants?.[0]?.VariantStatus?.[0]?.Status === 'Baking',
    );

    await restart({ clock });
    await until(({ EndpointStatus }) => EndpointStatus === 'InService');

    const answer = await machine.runtime.send(
      new InvokeEndpointCommand({ EndpointName: 'e', Body: 'image', ContentType: 'image/png' }),
    );
    expect(JSON.parse(Buffer.from(answer.Body).toString()).name).toBe('two');
  });
});
