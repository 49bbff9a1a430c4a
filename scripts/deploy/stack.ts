import { findStack } from '../find-stack.ts';
import { runServerless } from '../package-stack.ts';
import { stageEnvironment } from '../serverless-environment.ts';
import type { Target } from './arguments.ts';
import type { Step } from './steps.ts';

/** Output `TrainingRepositoryUri` of the deployed stack; undefined when there is no stack yet. */
export async function repositoryUri({ stage, region }: Target): Promise<string | undefined> {
  const stack = await findStack(stage, region);
  return stack?.Outputs?.find((output) => output.OutputKey === 'TrainingRepositoryUri')?.OutputValue;
}

export function stackStep({ stage, region, settings }: Target, imageTag: string): Step {
  // Without `--conceal`, osls prints the API key's value.
  const deploy = ['deploy', '--stage', stage, '--region', region, '--package', '.serverless', '--conceal'];
  return {
    title: 'Deploy the stack',
    command: `serverless ${deploy.join(' ')}`,
    run: () =>
      runServerless(deploy, { ...stageEnvironment(stage, settings), GRAFT_IMAGE_TAG: imageTag }, 'inherit'),
  };
}
