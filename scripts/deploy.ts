import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeImagesCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { describeError, GraftError, InvalidInputError } from '#core/errors.ts';
import { repository } from './fingerprint.ts';
import { packageStack, runServerless } from './package-stack.ts';

const usage = `npm run deploy -- --stage NAME [--region REGION] [--dry-run]

Packages the stack, builds and pushes the container image, deploys. Needs AWS credentials (the standard chain), a
Docker engine, and GRAFT_SIGNING_PUBLIC_KEYS (from graft keygen). docs/deploy.md has the whole story.

  --stage NAME     one deployment of Graft in the account, for instance dev or prod
  --region REGION  default: AWS_REGION, else eu-central-1
  --dry-run        print every step and change nothing`;

/** One step of a deployment: printed in a dry run, printed and run otherwise. */
interface Step {
  title: string;
  /** What a person would type. */
  command: string;
  run(): Promise<void>;
}

interface Target {
  stage: string;
  region: string;
  signingPublicKeys: string[];
  dryRun: boolean;
}

function readTarget(): Target | undefined {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string' },
      region: { type: 'string', default: process.env.AWS_REGION ?? 'eu-central-1' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.stage === undefined || !/^[a-z][a-z0-9]{0,15}$/.test(values.stage)) {
    throw new InvalidInputError(
      values.stage === undefined
        ? 'Which stage? --stage is missing'
        : `"${values.stage}" is no name for a stage: a lower-case letter, then up to 15 letters and digits`,
      { hint: 'For instance: npm run deploy -- --stage dev' },
    );
  }
  const signingPublicKeys = (process.env.GRAFT_SIGNING_PUBLIC_KEYS ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (signingPublicKeys.length === 0 && !values['dry-run']) {
    throw new InvalidInputError('GRAFT_SIGNING_PUBLIC_KEYS is not set: the stack would refuse every model', {
      hint: 'Run `npx graft keygen` and export GRAFT_SIGNING_PUBLIC_KEYS=<the public key that it prints>.',
    });
  }
  return { stage: values.stage, region: values.region, signingPublicKeys, dryRun: values['dry-run'] };
}

/** Output `TrainingRepositoryUri` of the deployed stack; undefined when there is no stack yet. */
async function repositoryUri({ stage, region }: Target): Promise<string | undefined> {
  const client = new CloudFormationClient({ region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: `graft-${stage}` }));
    return Stacks?.[0]?.Outputs?.find((output) => output.OutputKey === 'TrainingRepositoryUri')?.OutputValue;
  } catch (error) {
    if ((error as Error).name === 'ValidationError') return undefined;
    throw error;
  }
}

async function run(command: string, args: readonly string[], input?: string): Promise<void> {
  const child = spawn(command, args, {
    cwd: repository,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'inherit', 'inherit'],
  });
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new GraftError('MissingTool', `${command} is not installed`, {
              hint: 'See docs/deploy.md, prerequisites.',
            })
          : cause,
      ),
    );
    child.once('close', resolve);
  });
  if (code !== 0) throw new GraftError('StepFailed', `${command} ${args[0]} ended with code ${code}`);
}

async function logIn(region: string): Promise<void> {
  const client = new ECRClient({ region });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData?.[0];
  if (!token?.authorizationToken || !token.proxyEndpoint) {
    throw new GraftError('StepFailed', 'ECR gave no authorization token');
  }
  const password = Buffer.from(token.authorizationToken, 'base64').toString().replace(/^AWS:/, '');
  await run('docker', ['login', '--username', 'AWS', '--password-stdin', token.proxyEndpoint], password);
}

async function imageExists(uri: string, tag: string, region: string): Promise<boolean> {
  const client = new ECRClient({ region });
  try {
    await client.send(
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

function imageStep(target: Target, tag: string, knownUri: string | undefined): Step {
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
      if (await imageExists(uri, tag, target.region)) return;
      await logIn(target.region);
      await run('docker', [...build, '--file', 'container/Dockerfile', '--tag', `${uri}:${tag}`, '.']);
    },
  };
}

async function main(): Promise<void> {
  const target = readTarget();
  if (target === undefined) {
    console.log(usage);
    return;
  }
  console.log(
    `1. Package the stack\n   npm run package -- --stage ${target.stage} --region ${target.region}`,
  );
  const { imageTag } = await packageStack({ ...target, out: '.serverless' });

  const deploy: Step = {
    title: 'Deploy the stack',
    command: `serverless deploy --stage ${target.stage} --region ${target.region} --package .serverless`,
    run: () =>
      runServerless(
        ['deploy', '--stage', target.stage, '--region', target.region, '--package', '.serverless'],
        { GRAFT_IMAGE_TAG: imageTag, GRAFT_SIGNING_PUBLIC_KEYS: target.signingPublicKeys.join(',') },
        'inherit',
      ),
  };
  const uri = target.dryRun ? undefined : await repositoryUri(target);
  const image = imageStep(target, imageTag, uri);
  // The repository is part of the stack, so the first deployment comes before the first image; after that the image is there
  // before anything refers to it.
  const steps = uri === undefined && !target.dryRun ? [deploy, image] : [image, deploy];
  for (const [index, step] of steps.entries()) {
    console.log(`${index + 2}. ${step.title}\n   ${step.command}`);
    if (!target.dryRun) await step.run();
  }
  if (target.dryRun) {
    console.log(
      '\nDry run: nothing was built, pushed or deployed. On the first deployment steps 2 and 3 swap places,',
    );
    console.log('because the image repository is created by the stack.');
  } else {
    console.log(`\nDeployed. Outputs: aws cloudformation describe-stacks --stack-name graft-${target.stage}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  const wrongUsage =
    error instanceof InvalidInputError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  process.exitCode = wrongUsage ? 2 : 1;
}
