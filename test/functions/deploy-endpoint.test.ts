import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InstanceSettings } from '#core/contracts/domain.ts';
import { championKey, deploymentLockKey, endpointCallbackKey } from '#core/keys.ts';
import { createDeployEndpoint } from '../../functions/deploy-endpoint.ts';
import type { AllSettings } from '../../functions/middleware/services.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { champion, newerVersion, olderVersion, prepared, subject, trained } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const missing = (what: string) => serviceError('ValidationException', `Could not find ${what} "arn:…".`);
const exists = (what: string) =>
  serviceError('ValidationException', `Cannot create already existing ${what} "arn:…".`);

let domain: string;
let endpoint: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
let cloudwatch: RecordingClient<CloudWatchClient>;

beforeEach(async () => {
  domain = `produce-${++count}`;
  endpoint = `graft-dev-${domain}`;
  sfn = recordingClient<SFNClient>({ SendTaskSuccess: {} });
  cloudwatch = recordingClient<CloudWatchClient>({ PutMetricAlarm: {} });
  sagemaker = recordingClient<SageMakerClient>({
    CreateModel: {},
    CreateEndpointConfig: {},
    DescribeEndpoint: missing('endpoint'),
    CreateEndpoint: () => endpointIs('Creating'),
    UpdateEndpoint: () => endpointIs('Updating', 'config-before'),
    DeleteEndpoint: () => endpointIs('Deleting'),
  });
  await stage.put(buckets.artifacts, trained('transfer').modelKey, 'model');
});

/**
 * How the endpoint stands from now on; on the configuration that this deployment asked for unless another is
 * named.
 */
function endpointIs(EndpointStatus: string, EndpointConfigName = requestedConfig(), more: object = {}) {
  sagemaker.answer('DescribeEndpoint', { EndpointStatus, EndpointConfigName, ...more });
  return {};
}
const requestedConfig = () => sagemaker.inputsOf('CreateEndpointConfig').at(-1)?.EndpointConfigName as string;

const instances = (changes: Partial<InstanceSettings> = {}): InstanceSettings => ({
  type: 'instances',
  instanceType: 'ml.c5.large',
  instanceCount: 4,
  alarms: { maximumServerErrors: 0, maximumLatencyMs: 250 },
  ...changes,
});

type Input = Parameters<ReturnType<typeof createDeployEndpoint>>[0];
const deploy = (changes: Partial<Input> = {}, settings: Partial<AllSettings> = {}) =>
  createDeployEndpoint(
    stage.services({
      sagemaker: sagemaker.client,
      sfn: sfn.client,
      cloudwatch: cloudwatch.client,
      settings,
    }),
  )({
    token: 'token-1',
    executionArn: 'arn:execution:this',
    ...subject,
    domain,
    chosen: false,
    endpoint: { ...prepared.endpoint, name: endpoint },
    training: trained('transfer'),
    ...changes,
  });
const callback = () => stage.json(buckets.artifacts, endpointCallbackKey(endpoint, requestedConfig()));
const successes = () => sfn.inputsOf('SendTaskSuccess');
const failures = () => sfn.inputsOf('SendTaskFailure');
const operations = () => sagemaker.calls.map(({ operation }) => operation);

describe('deploy-endpoint', () => {
  test.each([
    ['instances', instances(), true],
    ['serverless, which SageMaker lets into no VPC', prepared.endpoint.settings, false],
  ])('puts a model for %s into the deployment’s network accordingly', async (_, wanted, expected) => {
    const vpc = { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1'] };
    const tags = [{ Key: 'team', Value: 'vision' }];
    await deploy({ endpoint: { name: endpoint, settings: wanted } }, { vpc, tags });

    const [model] = sagemaker.inputsOf('CreateModel');
    expect(model!.VpcConfig).toEqual(expected ? vpc : undefined);
    for (const operation of ['CreateModel', 'CreateEndpointConfig', 'CreateEndpoint']) {
      expect(sagemaker.inputsOf(operation)[0]!.Tags, operation).toContainEqual(tags[0]);
    }
  });

  test('holds up no newer model while it waits for a quota', async () => {
    const limit = "The account-level service limit 'Number of serverless endpoints' is 50 Resources";
    sagemaker.answer('CreateEndpoint', serviceError('ResourceLimitExceeded', limit));

    await expect(deploy()).rejects.toThrow(limit);

    expect(await stage.json(buckets.artifacts, deploymentLockKey(domain))).toBeUndefined();
    sagemaker.answer('CreateEndpoint', () => endpointIs('Creating'));
    expect(await deploy()).toBe('running');
  });

  test('creates the endpoint where there is none, and waits', async () => {
    let stored: unknown;
    sagemaker.answer('CreateEndpoint', async () => {
      stored = await callback();
      return endpointIs('Creating');
    });

    expect(await deploy()).toBe('running');

    expect(stored, 'the token comes before the endpoint').toMatchObject({
      token: 'token-1',
      requested: false,
    });
    expect(sagemaker.inputsOf('CreateEndpoint')).toMatchObject([
      { EndpointName: endpoint, EndpointConfigName: requestedConfig() },
    ]);
    expect(await callback()).toMatchObject({ token: 'token-1', requested: true });
    expect(successes()).toEqual([]);
  });

  test.each([
    ['the gate compared with it', 'job-before', undefined],
    ['no gate decided', undefined, undefined],
    ['the gate compared with another one', 'job-of-another', 'ChampionChanged'],
    ['the gate knew of none', null, 'ChampionChanged'],
  ])('while a model is live and %s', async (_what, compared, error) => {
    await stage.put(buckets.artifacts, championKey(domain), champion(olderVersion, { domain }));

    const result = deploy({ compared: compared === undefined ? null : { champion: compared } });

    if (error === undefined) await expect(result).resolves.toBe('running');
    else {
      await expect(result).rejects.toMatchObject({ name: error });
      expect(operations()).toEqual([]);
    }
  });

  test('names model and configuration by what they serve, within SageMaker’s limit', async () => {
    await deploy();
    const [model] = sagemaker.inputsOf('CreateModel');
    const [config] = sagemaker.inputsOf('CreateEndpointConfig');

    expect(model).toMatchObject({
      ExecutionRoleArn: 'arn:role',
      PrimaryContainer: {
        Image: '1.dkr.ecr/graft:1',
        ModelDataUrl: `s3://artifacts/${trained('transfer').modelKey}`,
      },
    });
    expect(config).toMatchObject({
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: model!.ModelName,
          ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 10 },
        },
      ],
    });
    const [modelName, configName] = [model!.ModelName as string, config!.EndpointConfigName as string];
    expect(Math.max(modelName.length, configName.length)).toBeLessThanOrEqual(63);

    await stage.put(buckets.artifacts, trained('transfer').modelKey, 'another model');
    endpointIs('InService', 'config-before');
    await deploy();
    expect(sagemaker.inputsOf('CreateModel')[1]!.ModelName).not.toBe(modelName);
    expect(requestedConfig()).not.toBe(configName);
  });

  test('updates an endpoint that is in service on something else', async () => {
    endpointIs('InService', 'config-before');

    expect(await deploy()).toBe('running');

    expect(sagemaker.inputsOf('UpdateEndpoint')).toEqual([
      { EndpointName: endpoint, EndpointConfigName: requestedConfig() },
    ]);
    expect(operations()).not.toContain('CreateEndpoint');
  });

  test('is done at once where the endpoint is in service on the requested configuration', async () => {
    await deploy();
    endpointIs('InService');

    expect(await deploy({ token: 'token-2' })).toBe('answered');

    expect(operations().filter((operation) => /^(Create|Update)Endpoint$/.test(operation))).toEqual([
      'CreateEndpoint',
    ]);
    const [success] = successes();
    expect(success!.taskToken).toBe('token-2');
    expect(JSON.parse(success!.output as string)).toEqual({
      endpoint,
      endpointConfig: requestedConfig(),
      modelName: sagemaker.inputsOf('CreateModel')[0]!.ModelName,
      previous: null,
    });
    expect(await callback()).toBeUndefined();
  });

  test('hears an endpoint that is ready before the wait is even written down', async () => {
    sagemaker.answer('CreateEndpoint', () => endpointIs('InService'));

    expect(await deploy()).toBe('answered');
    expect(successes()).toHaveLength(1);
  });

  test('finds its own model and configuration on a retry', async () => {
    await deploy();
    const [model] = sagemaker.inputsOf('CreateModel');
    sagemaker.answer('CreateModel', exists('model'));
    sagemaker.answer('DescribeModel', { PrimaryContainer: model!.PrimaryContainer });
    sagemaker.answer('CreateEndpointConfig', exists('endpoint configuration'));
    sagemaker.answer('DescribeEndpointConfig', { ProductionVariants: [{ ModelName: model!.ModelName }] });

    expect(await deploy()).toBe('running');
  });

  test.each([
    [
      'DescribeModel',
      { PrimaryContainer: { ModelDataUrl: 's3://other', Image: '1.dkr.ecr/graft:1' } },
      /s3:\/\/other/,
    ],
    ['DescribeModel', missing('model'), /already existing/],
  ])('never serves something else under its name (%s)', async (operation, description, message) => {
    sagemaker.answer('CreateModel', exists('model'));
    sagemaker.answer(operation, description);

    await expect(deploy()).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringMatching(message),
    });
    expect(operations()).not.toContain('CreateEndpoint');
  });

  test.each(['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'])(
    'is busy while another caller has the endpoint %s',
    async (status) => {
      endpointIs(status, 'config-before');

      await expect(deploy()).rejects.toMatchObject({ name: 'Busy' });
      expect(operations()).not.toContain('UpdateEndpoint');
    },
  );

  test('waits on, with its new token, while its own update is under way', async () => {
    endpointIs('InService', 'config-before');
    await deploy();
    const PendingDeploymentSummary = { EndpointConfigName: requestedConfig() };
    endpointIs('Updating', 'config-before', { PendingDeploymentSummary });

    expect(await deploy({ token: 'token-2' })).toBe('running');

    expect(await callback()).toMatchObject({ token: 'token-2', requested: true });
    expect(sagemaker.inputsOf('UpdateEndpoint')).toHaveLength(1);
  });

  test('takes an endpoint that is back on its old configuration for rolled back, and does not ask twice', async () => {
    sfn.answer('SendTaskFailure', {});
    endpointIs('InService', 'config-before');
    await deploy();
    endpointIs('InService', 'config-before', { FailureReason: 'the container did not answer /ping' });

    expect(await deploy({ token: 'token-2' })).toBe('answered');

    expect(failures()).toEqual([
      {
        taskToken: 'token-2',
        error: 'RolledBack',
        cause: expect.stringMatching(/config-before.*rolled back.*did not answer \/ping/),
      },
    ]);
    expect(sagemaker.inputsOf('UpdateEndpoint')).toHaveLength(1);
  });

  test('says why its endpoint could not be created', async () => {
    sfn.answer('SendTaskFailure', {});
    await deploy();
    endpointIs('Failed', requestedConfig(), { FailureReason: 'CannotStartContainerError' });

    await deploy();

    expect(failures()[0]!.cause).toMatch(/Failed: CannotStartContainerError/);
    expect(operations()).not.toContain('DeleteEndpoint');
  });

  test('deletes an endpoint that had failed before, and comes again', async () => {
    endpointIs('Failed', 'config-before', { FailureReason: 'long ago' });

    await expect(deploy()).rejects.toMatchObject({ name: 'Busy' });
    expect(operations()).toContain('DeleteEndpoint');
    sagemaker.answer('DescribeEndpoint', missing('endpoint'));
    expect(await deploy()).toBe('running');
    expect(operations()).toContain('CreateEndpoint');
  });

  test.each([
    ['CreateEndpointConfig', missing('model')],
    ['CreateEndpoint', missing('endpoint configuration')],
    ['CreateEndpoint', serviceError('ValidationException', 'Cannot update in-progress endpoint')],
    // Its response was lost, and the SDK has repeated the request.
    ['CreateEndpoint', exists('endpoint')],
  ])('comes again when %s meets what is not ready yet (%s)', async (operation, error) => {
    sagemaker.answer(operation, error);

    await expect(deploy()).rejects.toMatchObject({ name: 'Busy' });
  });

  test('passes on what SageMaker will never accept', async () => {
    endpointIs('InService', 'config-before');
    const message = 'Updating an endpoint from instances to serverless is not supported';
    sagemaker.answer('UpdateEndpoint', serviceError('ValidationException', message));

    await expect(deploy()).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringContaining(message),
    });
  });
});

describe('a deployment on instances', () => {
  const deployOn = (settings: InstanceSettings) => deploy({ endpoint: { name: endpoint, settings } });
  /** In service on `count` instances, of which the configuration had asked for `configured`. */
  function runsOn(count: number, configured = count, VariantName = 'AllTraffic') {
    sagemaker.answer('DescribeEndpointConfig', {
      ProductionVariants: [{ InitialInstanceCount: configured }],
    });
    endpointIs('InService', 'config-before', {
      ProductionVariants: [{ VariantName, CurrentInstanceCount: count, DesiredInstanceCount: count }],
    });
  }
  const update = () => sagemaker.inputsOf('UpdateEndpoint')[0]!;
  const alarms = () => cloudwatch.inputsOf('PutMetricAlarm');

  test('moves by canary, and is taken back by alarms on the new configuration alone', async () => {
    runsOn(4);

    await deployOn(instances());

    const Dimensions = [
      { Name: 'EndpointName', Value: endpoint },
      { Name: 'VariantName', Value: 'AllTraffic' },
      { Name: 'EndpointConfigName', Value: requestedConfig() },
    ];
    expect(alarms()).toMatchObject([
      {
        Namespace: 'AWS/SageMaker',
        MetricName: 'Invocation5XXErrors',
        Statistic: 'Sum',
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        Dimensions,
      },
      { MetricName: 'ModelLatency', Statistic: 'Average', Threshold: 250_000, Dimensions },
    ]);
    expect(update().DeploymentConfig).toEqual({
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: 'CANARY',
          WaitIntervalInSeconds: 300,
          CanarySize: { Type: 'INSTANCE_COUNT', Value: 1 },
        },
        TerminationWaitInSeconds: 300,
        MaximumExecutionTimeoutInSeconds: 2400,
      },
      AutoRollbackConfiguration: {
        Alarms: alarms().map(({ AlarmName }) => ({ AlarmName })),
      },
    });
    expect(operations().indexOf('UpdateEndpoint')).toBeGreaterThan(0);
  });

  test('is taken back by what the new model’s containers say themselves, where the domain asks for it', async () => {
    runsOn(4);

    await deployOn(
      instances({ alarms: { maximumServerErrors: 0, maximumLatencyMs: 250, minimumConfidence: 0.6 } }),
    );

    expect(alarms()).toHaveLength(3);
    expect(alarms()[2]).toMatchObject({
      Namespace: 'Graft/Endpoints',
      MetricName: 'Confidence',
      Dimensions: [{ Name: 'TrainingJob', Value: trained('transfer').job }],
      Statistic: 'Average',
      Threshold: 0.6,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(update()).toMatchObject({
      DeploymentConfig: {
        AutoRollbackConfiguration: { Alarms: alarms().map(({ AlarmName }) => ({ AlarmName })) },
      },
    });
  });

  test('has its alarms before SageMaker is asked to move', async () => {
    runsOn(4);
    cloudwatch.answer('PutMetricAlarm', serviceError('LimitExceeded', 'too many alarms'));

    await expect(deployOn(instances())).rejects.toThrow('too many alarms');
    expect(operations()).not.toContain('UpdateEndpoint');
  });

  test('gives alarms the same names on a retry, and other ones to another configuration', async () => {
    runsOn(4);
    await deployOn(instances());
    const names = alarms().map(({ AlarmName }) => AlarmName as string);
    expect(names.every((name) => name.startsWith(`rollout-${endpoint}-`) && name.length <= 255)).toBe(true);

    await stage.put(buckets.artifacts, trained('transfer').modelKey, 'another model');
    runsOn(4);
    await deployOn(instances());
    expect(new Set(alarms().map(({ AlarmName }) => AlarmName)).size).toBe(4);
  });

  test('moves in linear steps where the domain asks for them', async () => {
    runsOn(4);

    await deployOn(instances({ rollout: { type: 'linear', stepPercent: 50, waitSeconds: 120 } }));

    expect(update().DeploymentConfig).toMatchObject({
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: {
          Type: 'LINEAR',
          WaitIntervalInSeconds: 120,
          LinearStepSize: { Type: 'INSTANCE_COUNT', Value: 2 },
        },
      },
    });
  });

  test.each([
    ['one instance', instances({ instanceCount: 1 })],
    ['a domain that asks for it', instances({ rollout: { type: 'all-at-once', waitSeconds: 0 } })],
  ])('goes all at once for %s, and relies on no alarm that could not ring', async (_what, settings) => {
    runsOn(settings.instanceCount);

    await deployOn(settings);

    expect(update().DeploymentConfig).toMatchObject({
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE' } },
    });
    expect(update().DeploymentConfig).not.toHaveProperty('AutoRollbackConfiguration');
    expect(alarms()).toEqual([]);
  });

  test('watches after all at once where the domain gives it time', async () => {
    runsOn(1);

    await deployOn(instances({ instanceCount: 1, rollout: { type: 'all-at-once', waitSeconds: 600 } }));

    expect(update().DeploymentConfig).toMatchObject({
      BlueGreenUpdatePolicy: { TerminationWaitInSeconds: 600 },
      AutoRollbackConfiguration: { Alarms: [{}, {}] },
    });
  });

  test('keeps what autoscaling set, and takes steps of what there is', async () => {
    runsOn(20, 4);

    await deployOn(instances());

    expect(update()).toMatchObject({
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
      DeploymentConfig: {
        BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { CanarySize: { Value: 2 } } },
      },
    });
  });

  test('lets a new number of instances in domain.json count', async () => {
    runsOn(1, 1);

    await deployOn(instances());

    expect(update()).toMatchObject({
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [
        { VariantPropertyType: 'DataCaptureConfig' },
        { VariantPropertyType: 'DesiredInstanceCount' },
      ],
      DeploymentConfig: { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY' } } },
    });
  });

  test('is not guarded where the variant has another name, since SageMaker would refuse it', async () => {
    runsOn(4, 4, 'variant-1');

    await deployOn(instances());

    expect(update()).toEqual({ EndpointName: endpoint, EndpointConfigName: requestedConfig() });
  });

  test('replaces a serverless endpoint without guards', async () => {
    endpointIs('InService', 'config-before', { ProductionVariants: [{ CurrentServerlessConfig: {} }] });

    await deployOn(instances());

    expect(update()).toEqual({ EndpointName: endpoint, EndpointConfigName: requestedConfig() });
  });

  test('cannot be followed by a serverless one, and says what to do before SageMaker refuses', async () => {
    runsOn(4);

    await expect(deploy()).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringMatching(/runs on instances/),
      hint: expect.stringMatching(
        /"instances" in domain\.json.*delete-endpoint --endpoint-name graft-dev-produce/,
      ),
    });
    expect(operations()).not.toContain('UpdateEndpoint');
  });

  test('captures requests where the domain asks for it, in a configuration of its own name', async () => {
    runsOn(4);
    await deployOn(instances());
    const without = requestedConfig();
    runsOn(4);

    await deployOn(instances({ dataCapture: { enabled: true, percent: 20 } }));

    expect(requestedConfig()).not.toBe(without);
    expect(sagemaker.inputsOf('CreateEndpointConfig').at(-1)!.DataCaptureConfig).toEqual({
      EnableCapture: true,
      InitialSamplingPercentage: 20,
      DestinationS3Uri: `s3://artifacts/captures/${domain}`,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    });
    expect(sagemaker.inputsOf('CreateEndpointConfig')[0]).not.toHaveProperty('DataCaptureConfig');
  });

  test('is no rollback of SageMaker’s when another caller has changed the endpoint', async () => {
    sfn.answer('SendTaskFailure', {});
    runsOn(4);
    await deployOn(instances());
    endpointIs('InService', 'config-of-another-caller', {});

    await deployOn(instances());

    expect(failures()[0]).toMatchObject({
      error: 'DeploymentFailed',
      cause: expect.stringMatching(/config-of-another-caller.*another caller/),
    });
  });
});

describe('of two promotions at once', () => {
  const lock = () => stage.json(buckets.artifacts, deploymentLockKey(domain));

  test('the second waits for the first', async () => {
    await deploy();
    sfn.answer('DescribeExecution', { status: 'RUNNING' });

    await expect(deploy({ execution: 'other', executionArn: 'arn:execution:other' })).rejects.toMatchObject({
      name: 'Busy',
      message: expect.stringContaining(subject.execution),
    });
    expect(await lock()).toMatchObject({ execution: subject.execution });
    expect(sagemaker.inputsOf('CreateModel')).toHaveLength(1);
  });

  test.each(['ABORTED', 'FAILED', 'TIMED_OUT'])(
    'the second goes on where the first was %s',
    async (status) => {
      await deploy();
      endpointIs('InService');
      sfn.answer('DescribeExecution', { status });

      await deploy({ execution: 'other', executionArn: 'arn:execution:other' });

      expect(await lock()).toMatchObject({ execution: 'other' });
      expect(sfn.inputsOf('DescribeExecution')).toEqual([{ executionArn: 'arn:execution:this' }]);
    },
  );

  test('the older one gives up when the newer one was quicker', async () => {
    await stage.put(buckets.artifacts, championKey(domain), champion(newerVersion, { domain }));

    await expect(deploy()).rejects.toMatchObject({ name: 'Superseded' });
    expect(sagemaker.calls).toEqual([]);
  });

  test('takes the place of a newer one that a person has seen, and of none that came since', async () => {
    const live = champion(newerVersion, { domain });
    await stage.put(buckets.artifacts, championKey(domain), live);
    const manual = { force: { by: 'jane', reason: 'the clock was fast' } };
    const { version, modelKey } = live;

    await expect(deploy({ manual, champion: null })).rejects.toMatchObject({ name: 'Superseded' });
    await expect(
      deploy({ manual, champion: { trainingJob: 'another', version, modelKey } }),
    ).rejects.toMatchObject({ name: 'Superseded' });
    await deploy({ manual, champion: { trainingJob: live.trainingJob, version, modelKey } });
    expect(sagemaker.inputsOf('CreateModel')).toHaveLength(1);
  });

  test('remembers what was live when it began, with the ETag for the conditional write', async () => {
    await stage.put(buckets.artifacts, championKey(domain), champion(olderVersion, { domain }));
    endpointIs('InService', 'config-before');

    await deploy();

    expect((await callback()).output.previous).toEqual({
      etag: expect.stringMatching(/^"[0-9a-f]+"$/),
      version: olderVersion,
      endpointConfig: 'config-before',
      endpoint: expect.stringMatching(/^graft-dev-/),
    });
  });
});
