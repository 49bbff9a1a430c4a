import {
  DeleteTrainingJobCommand,
  DescribeTrainingJobCommand,
  paginateListTrainingJobs,
  paginateListTransformJobs,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import {
  ListExecutionsCommand,
  paginateListStateMachines,
  type SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { stopTransformJob } from '#cloud/batches/transform-jobs.ts';
import { ignoreMissing } from './missing.ts';
import type { Part } from './part.ts';
import { type Patience, waitUntil } from './patience.ts';

/** Running executions, by ARN. They come first, since they would make new endpoints. */
export function executionsPart(states: SFNClient, prefix: string): Part {
  return {
    title: 'Running executions',
    async list() {
      const running: string[] = [];
      for await (const { stateMachines } of paginateListStateMachines({ client: states }, {})) {
        for (const { name, stateMachineArn } of stateMachines ?? []) {
          if (name?.startsWith(prefix)) running.push(...(await runningExecutions(states, stateMachineArn!)));
        }
      }
      return running;
    },
    remove: (executionArn) =>
      ignoreMissing(async () => {
        await states.send(
          new StopExecutionCommand({ executionArn, error: 'StageRemoved', cause: 'npm run remove' }),
        );
      }),
  };
}

async function runningExecutions(states: SFNClient, stateMachineArn: string): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await states.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken }),
    );
    arns.push(...(page.executions ?? []).map(({ executionArn }) => executionArn!));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return arns;
}

/**
 * Training jobs. Running ones are stopped first. Their records are deleted too: job names follow from what is
 * trained, so a later stage of the same name would find a job without its output.
 */
export function trainingJobsPart(sagemaker: SageMakerClient, prefix: string, patience: Patience): Part {
  const status = async (name: string) => {
    const { TrainingJobStatus } = await sagemaker.send(
      new DescribeTrainingJobCommand({ TrainingJobName: name }),
    );
    return TrainingJobStatus;
  };
  return {
    title: 'Training jobs',
    async list() {
      const names: string[] = [];
      const pages = paginateListTrainingJobs({ client: sagemaker }, { NameContains: prefix });
      for await (const { TrainingJobSummaries } of pages) {
        names.push(...(TrainingJobSummaries ?? []).map(({ TrainingJobName }) => TrainingJobName!));
      }
      return names.filter((name) => name.startsWith(prefix));
    },
    remove: (name) =>
      ignoreMissing(async () => {
        if ((await status(name)) === 'InProgress') {
          await sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: name }));
        }
        // SageMaker sends SIGTERM and waits two minutes at the most.
        await waitUntil(`training job ${name} has stopped`, patience, async () =>
          ['Completed', 'Failed', 'Stopped'].includes((await status(name)) ?? ''),
        );
        await sagemaker.send(new DeleteTrainingJobCommand({ TrainingJobName: name }));
      }),
  };
}

/** Transform jobs of batches that run. SageMaker keeps the records of those that have ended. */
export function transformJobsPart(sagemaker: SageMakerClient, prefix: string, patience: Patience): Part {
  const list = async () => {
    const names: string[] = [];
    for (const StatusEquals of ['InProgress', 'Stopping'] as const) {
      const pages = paginateListTransformJobs(
        { client: sagemaker },
        { NameContains: `${prefix}batch-`, StatusEquals },
      );
      for await (const { TransformJobSummaries } of pages) {
        names.push(...(TransformJobSummaries ?? []).map(({ TransformJobName }) => TransformJobName!));
      }
    }
    return names.filter((name) => name.startsWith(prefix));
  };
  return {
    title: 'Running transform jobs',
    list,
    async remove(name) {
      await stopTransformJob(sagemaker, name);
      await waitUntil(
        `transform job ${name} has stopped`,
        patience,
        async () => !(await list()).includes(name),
      );
    },
  };
}
