import { readFileSync } from 'node:fs';
import { type LocalAws, startLocalAws } from 'local-aws';
import { rolesOf } from 'local-aws/permissions';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { capturesPrefix, configurationKey, sharedModelKey } from '#core/keys.ts';
import { endpointAlarmName, rolloutAlarmName } from '#core/names.ts';

const path = inject('template');
let local: LocalAws;
beforeAll(async () => {
  local = await startLocalAws({ template: path, stack: 'graft-dev' });
});
afterAll(() => local.stop());

const { Resources } = JSON.parse(readFileSync(path, 'utf8')) as {
  Resources: Record<string, { Properties: { Role: { 'Fn::GetAtt': [string] } } }>;
};
/** The role of a function, or the one that models and jobs are given. */
function roleOf(name: string): string {
  const lambda = Resources[`${name}LambdaFunction`];
  const logicalId = lambda === undefined ? name : lambda.Properties.Role['Fn::GetAtt'][0];
  const { physicalId } = local.stack!.resources.find((resource) => resource.logicalId === logicalId)!;
  return `arn:aws:iam::${local.accountId}:role/${physicalId}`;
}
/** What became of a call: `AccessDenied…`, another error's code, or `fine`. */
async function ask(role: string, service: string, operation: string, input: object): Promise<string> {
  try {
    await local.call(service, operation, input, { roleArn: roleOf(role) });
    return 'fine';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const alarm = (endpoint: string) => rolloutAlarmName(endpoint, 'produce-config', 'server-errors');
const metricAlarm = (AlarmName: string) => ({
  AlarmName,
  Namespace: 'AWS/SageMaker',
  MetricName: 'Invocation5XXErrors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
});
const artifacts = 'graft-dev-artifacts-000000000000-eu-central-1';
const ours = alarm('graft-dev-produce');

test('leave every role room below IAM’s limit of inline policies', () => {
  const sizes = rolesOf(local.world)
    .list()
    .map(({ value }) => JSON.stringify(Object.values(value.policies)).length);

  expect(sizes.length).toBeGreaterThan(15);
  // Of 10,240 characters: a long stage name and a region's stand in most resources, and make each a little
  // longer.
  expect(Math.max(...sizes)).toBeLessThan(8_000);
});

describe('the roles of a rollout', () => {
  test('let DeployEndpoint make alarms for this stage’s endpoints, and change no other alarm', async () => {
    const put = (name: string) => ask('DeployEndpoint', 'monitoring', 'PutMetricAlarm', metricAlarm(name));

    expect(await put(ours)).toBe('fine');
    expect(await put(alarm('graft-prod-produce'))).toMatch(/^AccessDenied/);
    expect(await put('graft-dev-promotion-failed')).toMatch(/^AccessDenied/);
  });

  test('let SageMaker see the alarms and keep captured requests, with the model’s role', async () => {
    const look = { AlarmNames: [ours] };
    const Key = `${capturesPrefix('produce')}/graft-dev-produce/AllTraffic/line.jsonl`;

    expect(await ask('SageMakerRole', 'monitoring', 'DescribeAlarms', look)).toBe('fine');
    expect(
      await ask('SageMakerRole', 's3', 'PutObject', { Bucket: artifacts, Key, Body: Buffer.from('{}') }),
    ).toBe('fine');
  });

  test('let a model be put on the shared endpoint, served there and removed', async () => {
    const Key = sharedModelKey('produce/one.tar.gz');
    const Body = Buffer.from('model');

    expect(await ask('DeployEndpoint', 's3', 'PutObject', { Bucket: artifacts, Key, Body })).toBe('fine');
    expect(await ask('SageMakerRole', 's3', 'HeadObject', { Bucket: artifacts, Key })).toBe('fine');
    expect(await ask('FinishDomain', 's3', 'DeleteObject', { Bucket: artifacts, Key })).toBe('fine');
    const EndpointName = 'graft-dev-produce';
    expect(await ask('FinishDomain', 'sagemaker', 'DeleteEndpoint', { EndpointName })).toBe(
      'ValidationException',
    );
  });

  test('let FinishDomain remove what the clean-up finds, and not the stack’s alarms', async () => {
    const Key = configurationKey('produce', 'produce-config');
    const Body = Buffer.from('{}');

    expect(await ask('DeployEndpoint', 's3', 'PutObject', { Bucket: artifacts, Key, Body })).toBe('fine');
    expect(await ask('FinishDomain', 's3', 'DeleteObject', { Bucket: artifacts, Key })).toBe('fine');
    expect(await ask('FinishDomain', 'monitoring', 'DeleteAlarms', { AlarmNames: [ours] })).toBe('fine');
    const others = { AlarmNames: ['graft-dev-promotion-failed'] };
    expect(await ask('FinishDomain', 'monitoring', 'DeleteAlarms', others)).toMatch(/^AccessDenied/);
    // None of them exists; what counts is that SageMaker says so, and not IAM.
    for (const [operation, input] of [
      ['DescribeEndpoint', { EndpointName: 'graft-dev-produce' }],
      ['DeleteEndpointConfig', { EndpointConfigName: 'graft-dev-produce-config' }],
      ['DeleteModel', { ModelName: 'graft-dev-produce-model' }],
    ] as const) {
      expect(await ask('FinishDomain', 'sagemaker', operation, input), operation).toBe('ValidationException');
    }
  });
});

describe('the role of FinishDomain', () => {
  test('makes alarms of this stage’s endpoints, ends their logs, and touches no other', async () => {
    const retain = (logGroupName: string) =>
      ask('FinishDomain', 'logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: 30 });
    const put = (name: string) => ask('FinishDomain', 'monitoring', 'PutMetricAlarm', metricAlarm(name));

    expect(await put(endpointAlarmName('graft-dev-produce'))).toBe('fine');
    expect(await put(endpointAlarmName('graft-prod-produce'))).toMatch(/^AccessDenied/);
    expect(await put('graft-dev-promotion-failed')).toMatch(/^AccessDenied/);
    // Neither group exists; what counts is that CloudWatch says so, and not IAM.
    expect(await retain('/aws/sagemaker/Endpoints/graft-dev-produce')).toBe('ResourceNotFoundException');
    expect(await retain('/aws/sagemaker/TrainingJobs')).toBe('ResourceNotFoundException');
    expect(await retain('/aws/sagemaker/Endpoints/graft-prod-produce')).toMatch(/^AccessDenied/);
    expect(await retain('/aws/lambda/graft-dev-predict')).toMatch(/^AccessDenied/);
  });
});

describe('the roles of a batch', () => {
  const job = (stage: string) => `graft-${stage}-batch-0123456789ab-0123456789abcdef`;
  const Body = Buffer.from('{}');

  test('let it be started, stopped, listed and finished, and touch no other stage’s', async () => {
    const TransformJobName = job('dev');
    const others = { TransformJobName: job('prod') };

    // None of them exists; what counts is that SageMaker says so, and not IAM.
    for (const operation of ['DescribeTransformJob', 'StopTransformJob']) {
      const known = await ask('Batches', 'sagemaker', operation, { TransformJobName });
      expect(known, operation).toBe('ValidationException');
      expect(await ask('Batches', 'sagemaker', operation, others), operation).toMatch(/^AccessDenied/);
    }
    expect(await ask('Batches', 'sagemaker', 'ListTransformJobs', {})).toBe('fine');
    const model = { ModelName: job('dev') };
    expect(await ask('Batches', 'sagemaker', 'DeleteModel', model)).toBe('ValidationException');
    expect(await ask('FinishBatch', 'sagemaker', 'DeleteModel', model)).toBe('ValidationException');
    const champions = { ModelName: 'graft-dev-produce-model' };
    expect(await ask('FinishBatch', 'sagemaker', 'DeleteModel', champions)).toMatch(/^AccessDenied/);
    const retain = (logGroupName: string) =>
      ask('FinishBatch', 'logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: 30 });
    expect(await retain('/aws/sagemaker/TransformJobs')).toBe('ResourceNotFoundException');
    expect(await retain('/aws/sagemaker/TrainingJobs')).toMatch(/^AccessDenied/);
    expect(await ask('Batches', 'sagemaker', 'DeleteModel', champions)).toMatch(/^AccessDenied/);
  });

  test('let its job read what it was given, and write results alone', async () => {
    const at = (Key: string) => ({ Bucket: artifacts, Key });
    const record = at('batches/produce/0123456789abcdef/batch.json');
    const result = at('batches/produce/0123456789abcdef/results/a.jpg.out');

    expect(await ask('Batches', 's3', 'PutObject', { ...record, Body })).toBe('fine');
    expect(await ask('SageMakerRole', 's3', 'HeadObject', record)).toBe('fine');
    expect(await ask('SageMakerRole', 's3', 'PutObject', { ...result, Body })).toBe('fine');
    expect(await ask('SageMakerRole', 's3', 'PutObject', { ...record, Body })).toMatch(/^AccessDenied/);
    expect(await ask('Batches', 's3', 'HeadObject', result)).toBe('fine');
    expect(await ask('Batches', 's3', 'DeleteObject', record)).toBe('fine');
    const champion = at('domains/produce/champion.json');
    expect(await ask('Batches', 's3', 'PutObject', { ...champion, Body })).toMatch(/^AccessDenied/);
  });
});

test('the role of the gate lets it copy test images to the promotion, and nothing else of the data', async () => {
  const data = 'graft-dev-data-000000000000-eu-central-1';
  for (const Key of ['domains/produce/test/apple/1.png', 'domains/produce/train/apple/1.png']) {
    await local.call('s3', 'PutObject', { Bucket: data, Key, Body: Buffer.from('image') });
  }
  const copy = (from: string, Bucket: string, Key: string) =>
    ask('EvaluateGate', 's3', 'CopyObject', {
      Bucket,
      Key,
      CopySource: `${data}/domains/produce/${from}`,
      TaggingDirective: 'REPLACE',
    });
  const golden = 'promotions/one/produce/golden/images/apple/1.png';

  expect(await copy('test/apple/1.png', artifacts, golden)).toBe('fine');
  expect(await copy('train/apple/1.png', artifacts, golden)).toMatch(/^AccessDenied/);
  expect(await copy('test/apple/1.png', data, 'domains/produce/test/apple/2.png')).toMatch(/^AccessDenied/);
});

test('the role of StartPromotion lets it verify a general model', async () => {
  const Bucket = 'graft-dev-models-000000000000-eu-central-1';
  const folder = 'general/icons/20261123T154200Z-3f2a9c';
  const read = (name: string) =>
    ask('StartPromotion', 's3', 'GetObject', { Bucket, Key: `${folder}/${name}` });

  expect(await read('manifest.json')).toBe('NoSuchKey');
  expect(await read('manifest.sig')).toBe('NoSuchKey');
  expect(await read('model.onnx')).toMatch(/^AccessDenied/);
});

describe('the role of the clean-up of artifacts', () => {
  const remove = (Bucket: string, Key: string) =>
    ask('FinishPromotion', 's3', 'DeleteObject', { Bucket, Key });
  const models = 'graft-dev-models-000000000000-eu-central-1';
  const general = 'general/icons/20261123T154200Z-3f2a9c';

  test('reaches the large files', async () => {
    for (const Key of [
      'promotions/one/produce/training/job/output/model.tar.gz',
      'promotions/one/produce/checkpoints/baseline/training.checkpoint',
      'promotions/one/produce/golden/images/apple/1.png',
      'domains/produce/promotions/one.json',
    ]) {
      expect(await remove(artifacts, Key), Key).toBe('fine');
    }
    expect(await remove(models, `${general}/model.onnx`)).toBe('fine');
  });

  test('reaches no record and nothing that is live', async () => {
    for (const Key of [
      'promotions/one/produce/outcome.json',
      'promotions/one/produce/evaluation-transfer.json',
      'promotions/one/produce/report.html',
      'domains/produce/champion.json',
      'domains/produce/champions/one.json',
    ]) {
      expect(await remove(artifacts, Key), Key).toMatch(/^AccessDenied/);
    }
    for (const name of ['manifest.json', 'manifest.sig']) {
      expect(await remove(models, `${general}/${name}`), name).toMatch(/^AccessDenied/);
    }
  });

  test('may look at versions of the registry and retire them', async () => {
    const arn = (stage: string) =>
      `arn:aws:sagemaker:${local.region}:${local.accountId}:model-package/graft-${stage}-produce/1`;
    // None of them exists; what counts is that SageMaker says so, and not IAM.
    for (const [operation, input] of [
      ['ListModelPackages', { ModelPackageGroupName: 'graft-dev-produce' }],
      ['DescribeModelPackage', { ModelPackageName: arn('dev') }],
      ['UpdateModelPackage', { ModelPackageArn: arn('dev'), ModelApprovalStatus: 'Rejected' }],
    ] as const) {
      expect(await ask('FinishPromotion', 'sagemaker', operation, input), operation).toBe(
        'ValidationException',
      );
    }
    const others = { ModelPackageArn: arn('prod'), ModelApprovalStatus: 'Rejected' };
    expect(await ask('FinishPromotion', 'sagemaker', 'UpdateModelPackage', others)).toMatch(/^AccessDenied/);
  });
});
