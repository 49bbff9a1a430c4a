import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloudFormation } from '../../src/services/cloudformation/index.ts';
import { createCloudWatch } from '../../src/services/cloudwatch/index.ts';
import { createIam } from '../../src/services/iam/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { createSts } from '../../src/services/sts/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
const hasCli = spawnSync('aws', ['--version']).status === 0;

let local: LocalAws;
beforeAll(async () => {
  local = await startLocal({
    services: [createIam, createSts, createCloudFormation, createS3, createSqs, createCloudWatch],
    template: {
      Resources: {
        Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'bucket' } },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'queue' } },
      },
      Outputs: { Bucket: { Value: { Ref: 'Bucket' } } },
    },
  });
});
afterAll(() => local.stop());

/** Runs a program against the local AWS. @returns its output; its errors are the test's */
async function run(command: string, args: string[], input = ''): Promise<string> {
  const child = spawn(command, args, {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: local.world.region,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_PAGER: '',
    },
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
  return output;
}

describe.skipIf(!hasBoto3)('boto3 (skipped where python3 has no boto3)', () => {
  it('works unmodified over every protocol', async () => {
    const output = await run(
      'python3',
      ['-'],
      `
import json, boto3
from botocore.exceptions import ClientError
from botocore.config import Config
out = {}
out['account'] = boto3.client('sts').get_caller_identity()['Account']
stack = boto3.client('cloudformation').describe_stacks(StackName='test')['Stacks'][0]
out['stack'] = [stack['StackStatus'], stack['Outputs'], stack['CreationTime'].year > 2000]
s3 = boto3.client('s3')
body = bytes(range(256)) * 20000
put = s3.put_object(Bucket='bucket', Key='a/ü b.bin', Body=body, Metadata={'one': '1'})
got = s3.get_object(Bucket='bucket', Key='a/ü b.bin')
out['object'] = [got['Body'].read() == body, got['ContentLength'], got['Metadata'], got['ETag'] == put['ETag']]
out['keys'] = [o['Key'] for o in s3.list_objects_v2(Bucket='bucket')['Contents']]
out['deleted'] = [d['Key'] for d in s3.delete_objects(Bucket='bucket', Delete={'Objects': [{'Key': 'a/ü b.bin'}]})['Deleted']]
try:
    s3.get_object(Bucket='bucket', Key='none')
except ClientError as error:
    out['error'] = [error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode']]
sqs = boto3.client('sqs')
url = sqs.get_queue_url(QueueName='queue')['QueueUrl']
sqs.send_message(QueueUrl=url, MessageBody='grüße')
out['message'] = sqs.receive_message(QueueUrl=url)['Messages'][0]['Body']
try:
    sqs.get_queue_url(QueueName='none')
except sqs.exceptions.QueueDoesNotExist as error:
    out['queue'] = error.response['Error']['Code']
import datetime
cloudwatch = boto3.client('cloudwatch')
now = datetime.datetime.now(datetime.timezone.utc)
cloudwatch.put_metric_data(Namespace='shop/test', MetricData=[{'MetricName': 'load', 'Value': 2.5, 'Timestamp': now}])
points = cloudwatch.get_metric_statistics(Namespace='shop/test', MetricName='load', Period=60, Statistics=['Sum'],
    StartTime=now - datetime.timedelta(minutes=2), EndTime=now + datetime.timedelta(minutes=2))['Datapoints']
out['metric'] = [point['Sum'] for point in points]
try:
    cloudwatch.delete_alarms(AlarmNames=['none'])
except cloudwatch.exceptions.ResourceNotFound as error:
    out['alarm'] = error.response['Error']['Code']
try:
    boto3.client('dynamodb', config=Config(retries={'max_attempts': 1})).list_tables()
except ClientError as error:
    out['unknown'] = [error.response['Error']['Code'], 'docs/fidelity.md' in error.response['Error']['Message']]
print(json.dumps(out))
`,
    );

    expect(JSON.parse(output)).toEqual({
      account: '000000000000',
      stack: ['CREATE_COMPLETE', [{ OutputKey: 'Bucket', OutputValue: 'bucket' }], true],
      object: [true, 5_120_000, { one: '1' }, true],
      keys: ['a/ü b.bin'],
      deleted: ['a/ü b.bin'],
      error: ['NoSuchKey', 404],
      message: 'grüße',
      queue: 'AWS.SimpleQueueService.NonExistentQueue',
      metric: [2.5],
      alarm: 'ResourceNotFound',
      unknown: ['UnknownOperationException', true],
    });
  });
});

describe.skipIf(!hasCli)('the AWS CLI (skipped where it is not installed)', () => {
  it('works unmodified', async () => {
    expect(JSON.parse(await run('aws', ['sts', 'get-caller-identity']))).toMatchObject({
      Account: '000000000000',
    });
    await run('aws', ['s3', 'cp', '-', 's3://bucket/from-cli.txt'], 'from the command line');
    expect(await run('aws', ['s3', 'cp', 's3://bucket/from-cli.txt', '-'])).toBe('from the command line');
    expect(await run('aws', ['s3', 'ls', 's3://bucket/'])).toContain('from-cli.txt');
    // A metric without data: with the other test's values the alarm would go off as soon as it is evaluated.
    const alarm = '--alarm-name full --namespace shop/test --metric-name idle --statistic Sum --period 60';
    const limits = '--evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold';
    await run('aws', ['cloudwatch', 'put-metric-alarm', ...`${alarm} ${limits}`.split(' ')]);
    const described = JSON.parse(await run('aws', ['cloudwatch', 'describe-alarms']));
    expect(described.MetricAlarms).toMatchObject([{ AlarmName: 'full', StateValue: 'INSUFFICIENT_DATA' }]);
    expect(
      await run('aws', [
        'cloudformation',
        'describe-stacks',
        '--query',
        'Stacks[0].Outputs[0].OutputValue',
        '--output',
        'text',
      ]),
    ).toBe('bucket\n');
  });
});
