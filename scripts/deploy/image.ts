import { DescribeImagesCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { GraftError } from '#core/errors.ts';
import type { Target } from './arguments.ts';
import { runCommand } from './command.ts';
import { repositoryUri } from './stack.ts';
import type { Step } from './steps.ts';

/** Builds the image and pushes it under `tag`, unless it is there. `knownUri` is the repository's, where it exists already. */
export function imageStep(target: Target, tag: string, knownUri: string | undefined): Step {
  const shown = `${knownUri ?? `<account>.dkr.ecr.${target.region}.amazonaws.com/graft-${target.stage}`}:${tag}`;
  // SageMaker's CPU instances are x86-64, whatever this machine is.
  const build = ['buildx', 'build', '--platform', 'linux/amd64', '--provenance=false', '--push'];
  return {
    title: 'Build and push the container image (skipped when this tag is already there)',
    command: `docker ${build.join(' ')} --file container/Dockerfile --tag ${shown} .`,
    async run() {
      const uri = knownUri ?? (await repositoryUri(target));
      if (uri === undefined)
        throw new GraftError('StepFailed', 'The stack has no output TrainingRepositoryUri');
      const ecr = new ECRClient({ region: target.region });
      if (await imageExists(ecr, uri, tag)) return;
      await logIn(ecr);
      await runCommand('docker', [...build, '--file', 'container/Dockerfile', '--tag', `${uri}:${tag}`, '.']);
    },
  };
}

async function logIn(ecr: ECRClient): Promise<void> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData?.[0];
  if (!token?.authorizationToken || !token.proxyEndpoint) {
    throw new GraftError('StepFailed', 'ECR gave no authorization token');
  }
  const password = Buffer.from(token.authorizationToken, 'base64').toString().replace(/^AWS:/, '');
  await runCommand(
    'docker',
    ['login', '--username', 'AWS', '--password-stdin', token.proxyEndpoint],
    password,
  );
}

async function imageExists(ecr: ECRClient, uri: string, tag: string): Promise<boolean> {
  try {
    await ecr.send(
      new DescribeImagesCommand({
        repositoryName: uri.slice(uri.indexOf('/') + 1),
        imageIds: [{ imageTag: tag }],
      }),
    );
    return true;
  } catch (error) {
    if ((error as Error).name === 'ImageNotFoundException') return false;
    throw error;
  }
}
