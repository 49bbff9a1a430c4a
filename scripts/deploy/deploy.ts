import { buildContainer } from '../build-container.ts';
import { findIdentity, type Identity } from '../identity.ts';
import { packageStack } from '../package-stack.ts';
import { stageEnvironment } from '../serverless-environment.ts';
import type { Target } from './arguments.ts';
import { stepsBefore } from './before.ts';
import { checkDocker } from './docker.ts';
import { findImage, imageStep } from './image.ts';
import { repositoryUri, stackStep } from './stack.ts';
import { runSteps, type Step } from './steps.ts';
import { describeTarget, otherRegion } from './summary.ts';

/** Packages the stack, then brings image and stack to AWS. A dry run stops at the plan. */
export async function deploy(target: Target): Promise<void> {
  const { dryRun } = target;
  const identity = await identify(target);
  console.log(describeTarget(target, identity));
  const unused = otherRegion(target, process.env);
  if (unused !== undefined) console.log(unused);
  console.log();
  if (target.build && !dryRun) await checkDocker();
  const before = dryRun || identity === undefined ? [] : await stepsBefore(target, identity);

  const uri = dryRun ? undefined : await repositoryUri(target);
  const image = await findImage(target, await buildContainer(), uri);
  const imageSteps = image.build ? [imageStep(target, image, uri)] : [];
  const stack = stackStep(target, image.tag);
  // The image's repository is part of the stack, so the first deployment comes before the first image. Later,
  // the image is pushed before anything refers to it.
  const first = uri === undefined && !dryRun;
  await runSteps(
    [
      ...before,
      packagingStep(target, image.tag),
      ...(first ? [stack, ...imageSteps] : [...imageSteps, stack]),
    ],
    dryRun,
  );
  console.log(dryRun ? planned : deployed(target, image.tag, await repositoryUri(target)));
}

/** A dry run needs no credentials. If it finds some, it shows whose they are. */
async function identify(target: Target): Promise<Identity | undefined> {
  try {
    return await findIdentity({ ...target, account: target.settings.account });
  } catch (error) {
    if (target.dryRun && (error as Error).cause !== undefined) return undefined;
    throw error;
  }
}

function packagingStep({ stage, region, settings, settingsFile }: Target, imageTag: string): Step {
  return {
    title: 'Package the stack',
    command: `npm run package -- --stage ${stage} --settings ${settingsFile}`,
    run: async () => {
      const environment = stageEnvironment(stage, settings);
      await packageStack({ stage, region, out: '.serverless', imageTag, environment });
    },
  };
}

const planned =
  '\nDry run: nothing was packaged, built, pushed or deployed. On the first deployment the last two steps swap places,\n' +
  'because the stack creates the image repository. An image that is there already is not built again.';

function deployed({ stage, region }: Target, tag: string, uri: string | undefined): string {
  return [
    `\nDeployed. Image: ${uri}:${tag}`,
    `Outputs: aws cloudformation describe-stacks --region ${region} --stack-name graft-${stage}`,
  ].join('\n');
}
