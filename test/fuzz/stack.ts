import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIGatewayClient, GetApiKeysCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  SageMakerClient,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { packFolder } from 'local-aws/formats';
import { accessKey, trainingOutputPrefix } from '#core/keys.ts';
import { spawnLocalAws } from '../../demo/local-aws.ts';
import { localRegion } from '../../scripts/development.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';

/**
 * The packaged stack in a local AWS of its own, with the domain `fuzz` live, and a key that may do
 * everything.
 */
export async function startFuzzStack(template: string) {
  const folder = await mkdtemp(join(tmpdir(), 'graft-fuzz-'));
  const logFile = join(folder, 'local-aws.log');
  const aws = await spawnLocalAws({ template, state: join(folder, 'aws'), port: 0 }, logFile);
  const settings = {
    ...{ region: localRegion, endpoint: aws.endpoint },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const put = (Bucket: string, Key: string, Body: Buffer | string) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const artifacts = aws.outputs.ArtifactsBucket!;

  const { items } = await new APIGatewayClient(settings).send(new GetApiKeysCommand({}));
  const access = { schemaVersion: 1, name: 'fuzz', domains: '*', rights: ['predict', 'read', 'operate'] };
  await put(artifacts, accessKey(items![0]!.id!), JSON.stringify(access));

  const model = join(folder, 'model');
  await makeServedModel(model, { labels: ['apple', 'pear'] });
  const archive = join(folder, 'model.tar.gz');
  await packFolder(model, archive);
  const modelKey = `${trainingOutputPrefix('fuzz', 'fuzz')}model.tar.gz`;
  await put(artifacts, modelKey, await readFile(archive));
  const role = await new CloudFormationClient(settings).send(
    new DescribeStackResourceCommand({ StackName: 'graft-dev', LogicalResourceId: 'SageMakerRole' }),
  );
  const sagemaker = new SageMakerClient(settings);
  const [ModelName, EndpointConfigName, EndpointName] = ['fuzz', 'fuzz', 'graft-dev-fuzz'];
  await sagemaker.send(
    new CreateModelCommand({
      ModelName,
      ExecutionRoleArn: `arn:aws:iam::000000000000:role/${role.StackResourceDetail!.PhysicalResourceId}`,
      PrimaryContainer: {
        Image: `${aws.outputs.TrainingRepositoryUri}:fuzz`,
        ModelDataUrl: `s3://${artifacts}/${modelKey}`,
      },
    }),
  );
  const ServerlessConfig = { MemorySizeInMB: 2048, MaxConcurrency: 10 };
  const ProductionVariants = [{ VariantName: 'AllTraffic', ModelName, ServerlessConfig }];
  await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName, ProductionVariants }));
  await sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName }));
  await waitUntilEndpointInService({ client: sagemaker, maxWaitTime: 120, minDelay: 1 }, { EndpointName });

  return {
    api: aws.outputs.ApiUrl!,
    key: aws.apiKey,
    /** Whether the local AWS, which runs the functions and the container, is still there. */
    isRunning: () => aws.process.exitCode === null,
    async close() {
      await aws.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
