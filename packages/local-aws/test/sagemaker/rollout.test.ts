import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
  type UpdateEndpointCommandInput,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloudWatch } from '../../src/services/cloudwatch/index.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { BUCKET, IMAGE, type Machine, ROLE, startMachine, tar } from '../../src/testing/sagemaker-machine.ts';

const SOON = { timeout: 20_000, interval: 10 };
let machine: Machine;
let clock: ManualClock;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  clock = new ManualClock();
  machine = await startMachine({ clock, more: [createCloudWatch] });
  cloudwatch = machine.client(CloudWatchClient);
  for (const name of ['one', 'two']) {
    await machine.put(`${name}.tar.gz`, await tar({ 'behaviour.json': JSON.stringify({ name }) }));
    await machine.sagemaker.send(
      new CreateModelCommand({
        ModelName: name,
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/${name}.tar.gz` },
      }),
    );
    await config(name, name);
  }
});
afterAll(() => machine.stop());

const config = (EndpointConfigName: string, ModelName: string, VariantName = 'AllTraffic') =>
  machine.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName,
      ProductionVariants: [{ VariantName, ModelName, InstanceType: 'ml.m5.large', InitialInstanceCount: 4 }],
    }),
  );
const describeEndpoint = (EndpointName: string) =>
  machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
/** Moves the clock in small steps until an endpoint is as it should be. */
async function until(
  name: string,
  fits: (endpoint: Awaited<ReturnType<typeof describeEndpoint>>) => boolean,
  step: number,
) {
  await expect
    .poll(async () => {
      if (fits(await describeEndpoint(name))) return true;
      clock.advance(step);
      return false;
    }, SOON)
    .toBe(true);
  return describeEndpoint(name);
}
async function inService(name: string, EndpointConfigName = 'one') {
  await machine.sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName }));
  await until(name, ({ EndpointStatus }) => EndpointStatus === 'InService', 100);
}
const update = (
  EndpointName: string,
  DeploymentConfig: DeploymentConfig,
  more: Partial<UpdateEndpointCommandInput> = {},
) =>
  machine.sagemaker.send(
    new UpdateEndpointCommand({ EndpointName, EndpointConfigName: 'two', DeploymentConfig, ...more }),
  );
const baking = (name: string) =>
  until(
    name,
    (endpoint) =>
      endpoint.PendingDeploymentSummary?.ProductionVariants?.[0]?.VariantStatus?.[0]?.Status === 'Baking',
    100,
  );
const settled = (name: string) => until(name, ({ EndpointStatus }) => EndpointStatus === 'InService', 10_000);

async function ask(EndpointName: string, ContentType = 'image/png'): Promise<string> {
  const answer = await machine.runtime.send(
    new InvokeEndpointCommand({ EndpointName, Body: 'image', ContentType }),
  );
  return JSON.parse(Buffer.from(answer.Body).toString()).name;
}
/** Names of the models that answer the next requests, by how often they do. */
async function answers(name: string, count: number) {
  const seen: Record<string, number> = {};
  for (let n = 0; n < count; n++) {
    const model = await ask(name);
    seen[model] = (seen[model] ?? 0) + 1;
  }
  return seen;
}

const policy = (
  Type: 'CANARY' | 'LINEAR' | 'ALL_AT_ONCE',
  Value: number,
  TerminationWaitInSeconds = 120,
): DeploymentConfig => ({
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type,
      WaitIntervalInSeconds: 300,
      ...(Type === 'CANARY' ? { CanarySize: { Type: 'INSTANCE_COUNT', Value } } : {}),
      ...(Type === 'LINEAR' ? { LinearStepSize: { Type: 'CAPACITY_PERCENT', Value } } : {}),
    },
    TerminationWaitInSeconds,
    MaximumExecutionTimeoutInSeconds: 3600,
  },
});
const guarded = (deployment: DeploymentConfig, AlarmName: string): DeploymentConfig => ({
  ...deployment,
  AutoRollbackConfiguration: { Alarms: [{ AlarmName }] },
});
const putAlarm = (AlarmName: string, endpoint: string, changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'AWS/SageMaker',
      MetricName: 'Invocation5XXErrors',
      Dimensions: [
        { Name: 'EndpointName', Value: endpoint },
        { Name: 'VariantName', Value: 'AllTraffic' },
        { Name: 'EndpointConfigName', Value: 'two' },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...changes,
    }),
  );

describe('a rollout', () => {
  it('by canary gives the new containers their share, then everything, then stops the old ones', async () => {
    await inService('canary');
    const began = clock.now();
    await update('canary', policy('CANARY', 1));
    const during = await baking('canary');

    expect(during).toMatchObject({ EndpointStatus: 'Updating', EndpointConfigName: 'one' });
    expect(await answers('canary', 8)).toEqual({ one: 6, two: 2 });
    clock.advance(300_000);
    await expect.poll(() => answers('canary', 1), SOON).toEqual({ two: 1 });
    expect((await describeEndpoint('canary')).EndpointStatus, 'the last wait').toBe('Updating');

    const after = await settled('canary');
    expect(after.EndpointConfigName).toBe('two');
    expect(after.FailureReason).toBeUndefined();
    expect(clock.now() - began).toBeGreaterThanOrEqual(420_000);
    expect(await answers('canary', 4)).toEqual({ two: 4 });
  });

  it('in linear steps gives them more with each', async () => {
    await inService('linear');
    await update('linear', policy('LINEAR', 50, 0));
    await baking('linear');

    expect(await answers('linear', 8)).toEqual({ one: 4, two: 4 });
    expect((await settled('linear')).EndpointConfigName).toBe('two');
    expect(await answers('linear', 4)).toEqual({ two: 4 });
  });

  it('whose new containers answer with 5xx is rolled back by the alarm, and says which', async () => {
    await inService('bad');
    await putAlarm('bad-errors', 'bad');
    await update('bad', guarded(policy('CANARY', 2), 'bad-errors'));
    await baking('bad');
    for (let n = 0; n < 4; n++) await ask('bad', 'text/broken').catch(() => {});

    const after = await settled('bad');

    expect(after).toMatchObject({
      EndpointConfigName: 'one',
      FailureReason: expect.stringMatching(/in the ALARM state: bad-errors/),
    });
    expect(after.PendingDeploymentSummary).toBeUndefined();
    expect(await answers('bad', 8)).toEqual({ one: 8 });
    const statuses = machine.events
      .filter((event) => event.detail.EndpointName === 'bad')
      .map((event) => event.detail.EndpointStatus);
    expect(statuses).toEqual(['CREATING', 'IN_SERVICE', 'UPDATING', 'ROLLING_BACK', 'IN_SERVICE']);
  });

  it('is rolled back in its last wait too, when the old containers take no request any more', async () => {
    await inService('late');
    await putAlarm('late-errors', 'late');
    await update('late', guarded(policy('ALL_AT_ONCE', 0), 'late-errors'));
    await baking('late');
    expect(await answers('late', 2)).toEqual({ two: 2 });
    await ask('late', 'text/broken').catch(() => {});

    expect((await settled('late')).EndpointConfigName).toBe('one');
    expect(await answers('late', 2)).toEqual({ one: 2 });
  });

  it('is not rolled back for clients’ bad requests', async () => {
    await inService('clients');
    await putAlarm('clients-errors', 'clients');
    await update('clients', guarded(policy('CANARY', 2), 'clients-errors'));
    await baking('clients');
    for (let n = 0; n < 4; n++) await ask('clients', 'text/wrong').catch(() => {});

    expect((await settled('clients')).EndpointConfigName).toBe('two');
  });

  it('is not rolled back for errors of the old containers', async () => {
    await inService('old');
    await putAlarm('old-errors', 'old');
    for (let n = 0; n < 4; n++) await ask('old', 'text/broken').catch(() => {});
    await update('old', guarded(policy('CANARY', 2), 'old-errors'));

    expect((await settled('old')).EndpointConfigName).toBe('two');
  });

  it('is rolled back when it takes longer than it may', async () => {
    await inService('slow');
    const deployment = policy('CANARY', 1);
    deployment.BlueGreenUpdatePolicy!.MaximumExecutionTimeoutInSeconds = 600;
    deployment.BlueGreenUpdatePolicy!.TrafficRoutingConfiguration!.WaitIntervalInSeconds = 3600;
    await update('slow', deployment);
    await baking('slow');

    expect(await settled('slow')).toMatchObject({
      EndpointConfigName: 'one',
      FailureReason: expect.stringContaining('maximum of 600 seconds'),
    });
  });

  it.each([
    ['a canary of more than half', policy('CANARY', 3), /at most 50% of the 4 instances/],
    ['a linear step of less than a tenth', policy('LINEAR', 5), /10-50%/],
    ['an alarm that does not exist', guarded(policy('CANARY', 1), 'nobody'), /alarms nobody/],
    [
      'a rolling update',
      {
        RollingUpdatePolicy: {
          MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 },
          WaitIntervalInSeconds: 1,
        },
      } as const,
      /does not emulate DeploymentConfig.RollingUpdatePolicy/,
    ],
  ])('with %s is refused', async (_what, deployment, message) => {
    await expect(update('canary', deployment)).rejects.toThrow(message);
  });

  it('to a variant of another name is refused', async () => {
    await config('renamed', 'two', 'Other');

    await expect(update('canary', policy('CANARY', 1), { EndpointConfigName: 'renamed' })).rejects.toThrow(
      /same variant names/,
    );
  });
});

describe('data capture', () => {
  it('keeps requests and answers under endpoint, variant and hour, until a configuration ends it', async () => {
    await machine.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'captured',
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: 'one',
            InstanceType: 'ml.m5.large',
            InitialInstanceCount: 1,
          },
        ],
        DataCaptureConfig: {
          EnableCapture: true,
          InitialSamplingPercentage: 100,
          DestinationS3Uri: `s3://${BUCKET}/captures/a`,
          CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
        },
      }),
    );
    await inService('captured', 'captured');
    expect((await describeEndpoint('captured')).DataCaptureConfig).toMatchObject({
      EnableCapture: true,
      CurrentSamplingPercentage: 100,
    });
    const keys = async () => {
      const { Contents = [] } = await machine.s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'captures/' }),
      );
      return Contents.map(({ Key }) => Key!);
    };

    await ask('captured');
    await expect.poll(keys, SOON).toHaveLength(1);
    const [key] = await keys();
    expect(key).toMatch(/^captures\/a\/captured\/AllTraffic\/2026\/11\/23\/\d\d\/[\w-]+\.jsonl$/);
    const line = JSON.parse((await machine.get(key!)).toString());
    expect(line.captureData).toMatchObject({
      endpointInput: {
        observedContentType: 'image/png',
        mode: 'INPUT',
        encoding: 'BASE64',
        data: Buffer.from('image').toString('base64'),
      },
      endpointOutput: { observedContentType: 'application/json', mode: 'OUTPUT' },
    });

    await machine.sagemaker.send(
      new UpdateEndpointCommand({
        EndpointName: 'captured',
        EndpointConfigName: 'two',
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
      }),
    );
    await until('captured', ({ EndpointConfigName }) => EndpointConfigName === 'two', 100);
    expect((await describeEndpoint('captured')).DataCaptureConfig).toBeUndefined();
  });
});

describe('an endpoint’s metrics', () => {
  it('are of the variant, and of its configuration', async () => {
    await inService('measured');
    await ask('measured');
    await ask('measured', 'text/wrong').catch(() => {});
    await ask('measured', 'text/broken').catch(() => {});
    const sum = async (MetricName: string, more: { Name: string; Value: string }[] = []) => {
      const { Datapoints } = await cloudwatch.send(
        new GetMetricStatisticsCommand({
          Namespace: 'AWS/SageMaker',
          MetricName,
          Dimensions: [
            { Name: 'EndpointName', Value: 'measured' },
            { Name: 'VariantName', Value: 'AllTraffic' },
            ...more,
          ],
          StartTime: new Date(clock.now() - 60_000),
          EndTime: new Date(clock.now() + 60_000),
          Period: 3600,
          Statistics: ['Sum', 'Maximum'],
        }),
      );
      return Datapoints?.[0];
    };

    const ofConfig = [{ Name: 'EndpointConfigName', Value: 'one' }];
    for (const more of [[], ofConfig]) {
      expect(await sum('Invocations', more)).toMatchObject({ Sum: 3 });
      expect(await sum('Invocation4XXErrors', more)).toMatchObject({ Sum: 1 });
      expect(await sum('Invocation5XXErrors', more)).toMatchObject({ Sum: 1 });
      expect(await sum('InvocationModelErrors', more)).toMatchObject({ Sum: 2 });
    }
    const latency = await sum('ModelLatency');
    expect(latency).toMatchObject({ Unit: 'Microseconds' });
    expect(latency!.Maximum).toBeGreaterThan(100);
    expect(await sum('Invocations', [{ Name: 'EndpointConfigName', Value: 'two' }])).toBeUndefined();
  });
});
