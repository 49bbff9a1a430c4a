import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';

/** SageMaker shows this much of the failure file. */
const FAILURE_LIMIT = 1024;

/** The folders of one job that SageMaker's contract calls `/opt/ml`. */
export interface JobFolder {
  root: string;
  channel(name: string): string;
  model: string;
  /** Only there when the job has checkpoints. */
  checkpoints: string;
  outputData: string;
  failure: string;
}

/** Makes an empty folder with the configuration files that SageMaker writes before it starts a container. */
export async function prepareJobFolder(
  root: string,
  host: string,
  request: CreateTrainingJobRequest,
): Promise<JobFolder> {
  await rm(root, { recursive: true, force: true });
  const config = join(root, 'input', 'config');
  const folder: JobFolder = {
    root,
    channel: (name) => join(root, 'input', 'data', name),
    model: join(root, 'model'),
    checkpoints: join(root, 'checkpoints'),
    outputData: join(root, 'output', 'data'),
    failure: join(root, 'output', 'failure'),
  };
  for (const path of [config, folder.model, folder.outputData]) await mkdir(path, { recursive: true });
  const write = (name: string, value: unknown) => writeFile(join(config, name), JSON.stringify(value));
  await write('hyperparameters.json', request.HyperParameters ?? {});
  await write('inputdataconfig.json', inputDataConfig(request));
  await write('resourceconfig.json', {
    current_host: host,
    current_instance_type: request.ResourceConfig?.InstanceType,
    current_group_name: 'homogeneousCluster',
    hosts: [host],
    instance_groups: [
      {
        instance_group_name: 'homogeneousCluster',
        instance_type: request.ResourceConfig?.InstanceType,
        hosts: [host],
      },
    ],
    network_interface_name: 'lo',
  });
  return folder;
}

function inputDataConfig(request: CreateTrainingJobRequest) {
  return Object.fromEntries(
    (request.InputDataConfig ?? []).map((channel) => [
      channel.ChannelName,
      {
        ...(channel.ContentType === undefined ? {} : { ContentType: channel.ContentType }),
        TrainingInputMode: channel.InputMode ?? request.AlgorithmSpecification?.TrainingInputMode ?? 'File',
        S3DistributionType: channel.DataSource?.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
        RecordWrapperType: channel.RecordWrapperType ?? 'None',
      },
    ]),
  );
}

/** What the container wrote about its failure, cut as SageMaker cuts it; empty when it wrote nothing. */
export async function readFailure(folder: JobFolder): Promise<string> {
  const text = await readFile(folder.failure, 'utf8').catch(() => '');
  return text.slice(0, FAILURE_LIMIT);
}
