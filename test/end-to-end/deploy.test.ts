import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIGatewayClient, GetApiKeysCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalAws, startLocalAws } from 'local-aws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import { repository } from '../../scripts/fingerprint.ts';
import { fakeDocker } from './fake-docker.ts';

const region = 'eu-central-1';
const LOG_GROUP = '/aws/vendedlogs/states/graft-dev-promote-model';

/**
 * A local AWS in which nothing is; the deployment is the real one, with osls, and only Docker is a stand-in.
 */
let folder: string;
let local: LocalAws;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graft-deploy-'));
  local = await startLocalAws({ region });
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A script of this repository as a user runs it, with nothing of this machine's AWS settings. */
async function run(script: string, ...args: string[]): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--stage', 'dev', ...args], {
    cwd: repository,
    env: {
      PATH: `${fakeDocker(folder)}:${process.env.PATH}`,
      HOME: process.env.HOME,
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      // osls asks every five seconds how far it is, which AWS takes as well.
      SLS_AWS_MONITORING_FREQUENCY: '200',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, printed };
}

const settings = () => join(folder, 'dev.yml');
function writeSettings(publicKey: string): void {
  writeFileSync(settings(), JSON.stringify({ region, signingPublicKeys: [publicKey] }));
}
const deploy = () => run('scripts/deploy.ts', '--settings', settings());
const stackOf = async () => {
  const { Stacks } = await local
    .client(CloudFormationClient)
    .send(new DescribeStacksCommand({ StackName: 'graft-dev' }));
  return Stacks![0]!;
};
const outputsOf = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await stackOf()).Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
const buckets = async () => {
  const { Buckets } = await local.client(S3Client).send(new ListBucketsCommand({}));
  return Buckets!.map(({ Name }) => Name!).filter((name) => /-(models|data|artifacts)-/.test(name));
};

describe('npm run deploy', { timeout: 600_000 }, () => {
  const [first, second] = [generateSigningKeys().publicKey, generateSigningKeys().publicKey];

  test('takes everything back when a resource is refused, and says which', async () => {
    await local.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
    writeSettings(first);
    const { code, printed } = await deploy();

    expect(code, printed).toBe(1);
    expect(printed).toMatch(/PromoteModelLogGroup.*already exists/s);
    expect((await stackOf()).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    // Nothing is in the way of the next try.
    expect(await buckets()).toEqual([]);
  });

  test('then deploys, with an image that SageMaker takes', async () => {
    await local.client(CloudWatchLogsClient).send(new DeleteLogGroupCommand({ logGroupName: LOG_GROUP }));
    const { code, printed } = await deploy();

    expect(code, printed).toBe(0);
    expect((await stackOf()).StackStatus).toBe('UPDATE_COMPLETE');
    expect(await buckets()).toHaveLength(3);
    const { imageDetails } = await local
      .client(ECRClient)
      .send(new DescribeImagesCommand({ repositoryName: 'graft-dev' }));
    expect(imageDetails).toMatchObject([
      { imageManifestMediaType: 'application/vnd.docker.distribution.manifest.v2+json' },
    ]);
    // The value of a key opens the API: it is in no log.
    const { items } = await local
      .client(APIGatewayClient)
      .send(new GetApiKeysCommand({ includeValues: true }));
    expect(printed).not.toContain(items![0]!.value);
  });

  test('what was deployed answers: the key opens the API, the function asks SageMaker', async () => {
    const { ApiUrl } = await outputsOf();
    const { items } = await local
      .client(APIGatewayClient)
      .send(new GetApiKeysCommand({ includeValues: true }));
    const ask = (headers: Record<string, string>) =>
      fetch(`${ApiUrl}/domains/produce/predictions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ image: 'AAAA' }),
      });

    expect((await ask({})).status).toBe(403);
    const answer = await ask({ 'x-api-key': items![0]!.value! });
    // There is no such domain yet: the function has said so, and not the gateway.
    expect([400, 404, 503]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
  });

  test('brings a change to the functions, and leaves what is the same alone', async () => {
    writeSettings(second);
    const { code, printed } = await deploy();

    expect(code, printed).toBe(0);
    const { Environment } = await local
      .client(LambdaClient)
      .send(new GetFunctionConfigurationCommand({ FunctionName: 'graft-dev-verifyModel' }));
    expect(Environment?.Variables?.GRAFT_SIGNING_PUBLIC_KEYS).toBe(second);
    const { StackEvents } = await local
      .client(CloudFormationClient)
      .send(new DescribeStackEventsCommand({ StackName: 'graft-dev' }));
    const start = StackEvents!.findIndex(
      ({ ResourceStatus, LogicalResourceId }) =>
        ResourceStatus === 'UPDATE_IN_PROGRESS' && LogicalResourceId === 'graft-dev',
    );
    const touched = new Set(StackEvents!.slice(0, start).map(({ LogicalResourceId }) => LogicalResourceId));
    expect(touched).toContain('VerifyModelLambdaFunction');
    expect(touched).not.toContain('DataBucket');
    expect(touched).not.toContain('PromoteModelStateMachine');
  });

  test('npm run remove takes it all away again', async () => {
    const { code, printed } = await run(
      'scripts/remove.ts',
      ...['--settings', settings(), '--buckets', '--yes'],
    );

    expect(code, printed).toBe(0);
    await expect(stackOf()).rejects.toThrow('Stack with id graft-dev does not exist');
    const { Buckets } = await local.client(S3Client).send(new ListBucketsCommand({}));
    expect(Buckets ?? []).toEqual([]);
  });
});
