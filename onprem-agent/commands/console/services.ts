import { homedir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { Bucket } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import { agentAt } from '../../../console/server/agents.ts';
import { localModels } from '../../../console/server/local-models.ts';
import type { ConsoleServices } from '../../../console/server/services.ts';
import { cloudFormationClient, stepFunctionsClient } from '../../aws/clients.ts';
import { trustOf } from '../../aws/deployment.ts';
import { explainAwsError } from '../../aws/explain.ts';
import { type AwsOptions, clientOptions } from '../../aws/options.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { sageMakerClient } from '../../aws/sagemaker.ts';
import { requireOutput, stackOutputs } from '../../aws/stack.ts';
import { readStatus } from '../../service/read-status.ts';
import { stateFolder } from '../../state-folder.ts';

/** Milliseconds between two looks at something that runs: AWS counts requests, the local AWS does not. */
const LOOK_MS = { aws: 2_000, local: 400 };

/** Account of the local AWS. */
const LOCAL_ACCOUNT = '000000000000';

interface ConsoleSettings {
  stack: string;
  person: string;
  readOnly: boolean;
  /** Of agents on other machines. */
  agents: readonly URL[];
}

/**
 * The clients and names of a stack that the console works with.
 *
 * @throws NotFoundError when there is no such stack
 */
export async function consoleServices(
  aws: AwsOptions,
  { stack, person, readOnly, agents }: ConsoleSettings,
  environment: NodeJS.ProcessEnv,
): Promise<ConsoleServices> {
  const outputs = await stackOutputs(cloudFormationClient(aws), stack, 'another region');
  const output = (name: Parameters<typeof requireOutput>[2]) =>
    requireOutput(outputs, stack, name, 'another region');
  const stateMachineArn = output('StateMachineArn');
  const [, , , region = '', account] = stateMachineArn.split(':');
  const local = account === LOCAL_ACCOUNT;
  const s3 = s3Client(aws, environment);
  const options = clientOptions(aws);
  const store = promotionStore(s3, output('ArtifactsBucket'));
  const cache = environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return {
    store,
    models: new Bucket(s3, output('ModelsBucket')),
    data: new Bucket(s3, output('DataBucket')),
    sfn: stepFunctionsClient(aws),
    sagemaker: sageMakerClient(aws),
    runtime: new SageMakerRuntimeClient(options),
    cloudwatch: new CloudWatchClient(options),
    logs: new CloudWatchLogsClient(options),
    stateMachineArn,
    trust: trustOf(outputs),
    prefix: stack,
    session: {
      ...{ stack, region, person, readOnly, local },
      ...(outputs.ApiUrl === undefined ? {} : { apiUrl: outputs.ApiUrl }),
    },
    localModels: localModels({
      artifacts: store.bucket,
      folder: join(cache, 'graft', 'console-models'),
      load: openModel,
    }),
    agents: [
      { name: 'this machine', status: () => readStatus(stateFolder(environment)) },
      ...agents.map(agentAt),
    ],
    lookMs: local ? LOOK_MS.local : LOOK_MS.aws,
    now: Date.now,
    explain: explainAwsError,
  };
}

/** On one thread: a person asks about one image at a time. */
async function openModel(folder: string) {
  const { predict, close } = await openServedModel(folder, 1);
  return { predict: (image: Uint8Array) => predict({ image }), close };
}
