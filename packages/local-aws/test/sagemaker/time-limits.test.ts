import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DescribeEndpointCommand,
  DescribeTrainingJobCommand,
  type ProductionVariant,
  StopTrainingJobCommand,
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

type Variant = Omit<ProductionVariant, 'VariantName'>;

let clock: ManualClock;
let machine: Machine;

beforeEach(async () => {
  clock = new ManualClock();
  machine = await startMachine({ clock });
  await machine.put('settings.json', '{}');
  await machine.put('pictures/a/1.png', 'one');
});
afterEach(() => machine.stop());

const run = (name: string, what: string) =>
  machine.sagemaker.send(new CreateTrainingJobCommand(jobInput(name, { HyperParameters: { do: what } })));
const job = (TrainingJobName: string) =>
  machine.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));

describe('a training job', () => {
  it('beyond its time limit is stopped, not failed, and billed for its time', async () => {
    await run('long', 'wait');
    await said('long', 'waiting');

    clock.advance(599_999);
    expect((await job('long')).TrainingJobStatus).toBe('InProgress');
    clock.advance(1);
    await machine.event(jobIs('long', 'MaxRuntimeExceeded'));

    expect(await job('long')).toMatchObject({
      TrainingJobStatus: 'Stopped',
      SecondaryStatus: 'MaxRuntimeExceeded',
      TrainingTimeInSeconds: 600,
      BillableTimeInSeconds: 600,
      ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/out/long/output/model.tar.gz` },
    });
  });

  it('that ignores SIGTERM is killed after 120 seconds', async () => {
    await run('deaf', 'hang');
    await said('deaf', 'hanging');
    await machine.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'deaf' }));
    await said('deaf', 'ignored');

    clock.advance(119_999);
    expect((await job('deaf')).TrainingJobStatus).toBe('Stopping');
    clock.advance(1);
    await machine.event(jobIs('deaf', 'Stopped'));

    expect((await job('deaf')).TrainingTimeInSeconds).toBe(120);
  });
});

describe('an endpoint', () => {
  it.each([
    [
      'instances',
      { InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      240,
      /did not pass the ping health check/,
    ],
    [
      'a serverless variant',
      { ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 } },
      180,
      /within the allotted 180 second timeout/,
    ],
    [
      'instances with a limit of their own',
      {
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
        ContainerStartupHealthCheckTimeoutInSeconds: 60,
      },
      60,
      /did not pass the ping health check/,
    ],
  ] satisfies [string, Variant, number, RegExp][])(
    'with %s that is never healthy fails in time',
    async (_what, variant, seconds, reason) => {
      await model('sick', { ping: 503 }, variant);
      const created = clock.now();
      await create('sick');

      await passUntil(machine.event(endpointIs('sick', 'FAILED')));

      const endpoint = await machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'sick' }));
      expect(endpoint.FailureReason).toMatch(reason);
      const passed = (endpoint.LastModifiedTime!.getTime() - created) / 1000;
      expect(passed).toBeGreaterThanOrEqual(seconds);
      // The clock also runs while the model is downloaded, which only serverless variants count.
      expect(passed).toBeLessThan(seconds + 40);
    },
  );

  it('that does not answer within a minute is a ModelError', async () => {
    await model('slow', { name: 'slow' }, { InstanceType: 'ml.m5.large', InitialInstanceCount: 1 });
    await create('slow');
    await passUntil(machine.event(endpointIs('slow', 'IN_SERVICE')));
    const timers = clock.waiting;

    const answer = machine.runtime.send(new InvokeEndpointCommand({ EndpointName: 'slow', Body: 'hold' }));
    answer.catch(() => {});
    await expect.poll(() => clock.waiting, SOON).toBeGreaterThan(timers);
    clock.advance(60_000);

    await expect(answer).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 0,
      OriginalMessage: expect.stringMatching(/^Your invocation timed out/),
    });
  });
});

async function model(name: string, behaviour: object, variant: Variant) {
  await machine.put('model.tar.gz', await tar({ 'behaviour.json': JSON.stringify(behaviour) }));
  await machine.sagemaker.send(
    new CreateModelCommand({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/model.tar.gz` },
    }),
  );
  await machine.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name, ...variant }],
    }),
  );
}

const create = (name: string) =>
  machine.sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));

/**
 * Moves the clock in seconds, with real turns of the event loop in between for the processes, until the
 * promise settles.
 */
async function passUntil(promise: Promise<unknown>): Promise<void> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await expect
    .poll(
      () => {
        if (!settled) clock.advance(1000);
        return settled;
      },
      { interval: 5, timeout: 20_000 },
    )
    .toBe(true);
}

async function said(name: string, line: string): Promise<void> {
  const logs = machine.client(CloudWatchLogsClient);
  await expect
    .poll(async () => {
      const { events } = await logs
        .send(
          new FilterLogEventsCommand({
            logGroupName: '/aws/sagemaker/TrainingJobs',
            logStreamNamePrefix: `${name}/`,
          }),
        )
        .catch(() => ({ events: [] }));
      return events?.map((event) => event.message);
    }, SOON)
    .toContain(line);
}
