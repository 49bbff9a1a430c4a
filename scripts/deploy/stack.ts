import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { runServerless } from '../package-stack.ts';
import { serverlessEnvironment } from '../serverless-environment.ts';
import type { Target } from './arguments.ts';
import type { Step } from './steps.ts';

/** Output `TrainingRepositoryUri` of the deployed stack; undefined when there is no stack yet. */
export async function repositoryUri({ stage, region }: Target): Promise<string | undefined> {
  const client = new CloudFormationClient({ region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: `graft-${stage}` }));
    return Stacks?.[0]?.Outputs?.find((output) => output.OutputKey === 'TrainingRepositoryUri')?.OutputValue;
  } catch (error) {
    if ((error as Error).name === 'ValidationError') return undefined;
    throw error;
  }
}

export function stackStep({ stage, region, settings }: Target, imageTag: string): Step {
  // Without `--conceal` the API key's value stands in the log.
  const deploy = ['deploy', '--stage', stage, '--region', region, '--package', '.serverless', '--conceal'];
  return {
    title: 'Deploy the stack',
    command: `serverless ${deploy.join(' ')}`,
    run: () =>
      runServerless(
        deploy,
        { ...serverlessEnvironment(stage, settings), GRAFT_IMAGE_TAG: imageTag },
        'inherit',
      ),
  };
}
