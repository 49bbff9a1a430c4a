import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
import { championKey, domainKey, domainPrefix, trainingOutputKeys } from '#core/keys.ts';
import { champion, domain as domainOf, olderVersion } from '../functions/samples.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';
import { validImages } from './images.ts';

/** Where the stack is, and what its outputs are. */
export interface Place {
  settings: {
    region: string;
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  outputs: Record<string, string>;
}

/**
 * Makes the domain `fuzz` live, with a model of two labels on a serverless endpoint, and puts a folder of
 * photographs for batches beside it, one of them broken.
 *
 * @param folder for what it makes on the way
 * @returns URI of the photographs
 */
export async function makeLiveDomain({ settings, outputs }: Place, folder: string): Promise<string> {
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const put = (Bucket: string, Key: string, Body: Buffer | string) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const artifacts = outputs.ArtifactsBucket!;
  const data = outputs.DataBucket!;
  const domain = 'fuzz';
  const endpoint = `graft-dev-${domain}`;
  const labels = ['apple', 'pear'];

  const model = join(folder, 'model');
  const { trainingJob } = await makeServedModel(model, { labels });
  const archive = join(folder, 'model.tar.gz');
  await packFolder(model, archive);
  const { modelKey } = trainingOutputKeys(domain, domain, trainingJob);
  await put(artifacts, modelKey, await readFile(archive));

  const photographs = `${domainPrefix(domain)}photographs`;
  const images = await validImages();
  await put(data, `${photographs}/one.png`, images[0]!);
  await put(data, `${photographs}/more/two.jpg`, images[1]!);
  await put(data, `${photographs}/broken.png`, images[0]!.subarray(0, 100));
  await put(data, `${photographs}/empty.png`, Buffer.alloc(0));

  await createEndpoint(new SageMakerClient(settings), {
    ...{ name: endpoint, modelDataUrl: `s3://${artifacts}/${modelKey}` },
    ...{ image: `${outputs.TrainingRepositoryUri}:fuzz`, roleArn: await sageMakerRole(settings) },
  });
  await put(data, domainKey(domain), JSON.stringify(domainOf({ domain, labels })));
  const live = champion(olderVersion, { domain, trainingJob, modelKey, endpoint });
  await put(artifacts, championKey(domain), JSON.stringify(live));
  return `s3://${data}/${photographs}`;
}

async function sageMakerRole(settings: Place['settings']): Promise<string> {
  const { StackResourceDetail: role } = await new CloudFormationClient(settings).send(
    new DescribeStackResourceCommand({ StackName: 'graft-dev', LogicalResourceId: 'SageMakerRole' }),
  );
  return `arn:aws:iam::000000000000:role/${role!.PhysicalResourceId}`;
}

async function createEndpoint(
  sagemaker: SageMakerClient,
  { name, modelDataUrl, image, roleArn }: Record<'name' | 'modelDataUrl' | 'image' | 'roleArn', string>,
): Promise<void> {
  const PrimaryContainer = { Image: image, ModelDataUrl: modelDataUrl };
  await sagemaker.send(
    new CreateModelCommand({ ModelName: name, ExecutionRoleArn: roleArn, PrimaryContainer }),
  );
  const ServerlessConfig = { MemorySizeInMB: 2048, MaxConcurrency: 10 };
  const ProductionVariants = [{ VariantName: 'AllTraffic', ModelName: name, ServerlessConfig }];
  await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants }));
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  const waiting = { client: sagemaker, maxWaitTime: 120, minDelay: 1 };
  await waitUntilEndpointInService(waiting, { EndpointName: name });
}
