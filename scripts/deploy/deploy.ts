import { packageStack } from '../package-stack.ts';
import type { Target } from './arguments.ts';
import { imageStep } from './image.ts';
import { repositoryUri, stackStep } from './stack.ts';
import { runSteps } from './steps.ts';

/** Packages the stack, then brings image and stack to AWS. A dry run packages too: the image's tag comes from there. */
export async function deploy(target: Target): Promise<void> {
  const { stage, region, dryRun } = target;
  console.log(`Package the stack\n   npm run package -- --stage ${stage} --region ${region}`);
  const { imageTag } = await packageStack({ ...target, out: '.serverless' });

  const uri = dryRun ? undefined : await repositoryUri(target);
  const stack = stackStep(target, imageTag);
  const image = imageStep(target, imageTag, uri);
  // The repository is part of the stack, so the first deployment comes before the first image; after that the image is
  // there before anything refers to it.
  await runSteps(uri === undefined && !dryRun ? [stack, image] : [image, stack], dryRun);

  if (dryRun) {
    console.log(
      '\nDry run: nothing was built, pushed or deployed. On the first deployment steps 1 and 2 swap places,\n' +
        'because the image repository is created by the stack.',
    );
  } else {
    console.log(`\nDeployed. Outputs: aws cloudformation describe-stacks --stack-name graft-${stage}`);
  }
}
