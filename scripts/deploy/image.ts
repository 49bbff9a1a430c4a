import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { GraftError, InvalidInputError } from '#core/errors.ts';
import type { Target } from './arguments.ts';
import { runCommand } from './command.ts';
import { chooseImage, describeImage, isUsable, listImages } from './registry.ts';
import { repositoryUri } from './stack.ts';
import type { Step } from './steps.ts';

/**
 * SageMaker's CPU instances are x86-64, whatever this machine is. BuildKit writes OCI media types from
 * version 0.31 on, and in every version where an attestation is added; SageMaker hosting takes neither.
 */
const build = [
  ...['buildx', 'build', '--platform', 'linux/amd64', '--output', 'type=registry,oci-mediatypes=false'],
  ...['--provenance=false', '--sbom=false', '--file', 'container/Dockerfile'],
];

export interface Image {
  tag: string;
  /** Whether it must be built, or is in the repository already. */
  build: boolean;
}

/** @param uri of the repository; undefined before the first deployment, which creates it */
export async function findImage(
  target: Target,
  contentDigest: string,
  uri: string | undefined,
): Promise<Image> {
  if (uri === undefined) return { tag: contentDigest, build: target.build };
  const ecr = new ECRClient({ region: target.region });
  const images = await listImages(ecr, nameOf(uri), contentDigest);
  const image = chooseImage(images, contentDigest, target.forceImage);
  if (image.build && !target.build) {
    throw new InvalidInputError(`${uri} has no usable image of this content (${contentDigest})`, {
      hint: `Copy it to ${uri}:${contentDigest} (docs/deploy.md, two accounts), or leave out --no-build.`,
    });
  }
  return image;
}

/** Builds the image and pushes it. `knownUri` is the address of a repository that exists already. */
export function imageStep(target: Target, { tag }: Image, knownUri: string | undefined): Step {
  const shown = `${knownUri ?? `<account>.dkr.ecr.${target.region}.amazonaws.com/graft-${target.stage}`}:${tag}`;
  return {
    title: 'Build and push the container image',
    command: `docker ${build.join(' ')} --tag ${shown} .`,
    async run() {
      const uri = knownUri ?? (await repositoryUri(target));
      if (uri === undefined)
        throw new GraftError('StepFailed', 'The stack has no output TrainingRepositoryUri');
      const ecr = new ECRClient({ region: target.region });
      await logIn(ecr);
      await runCommand('docker', [...build, '--tag', `${uri}:${tag}`, '.']);
      await checkPushedImage(ecr, nameOf(uri), tag);
    },
  };
}

/** @throws GraftError when SageMaker hosting would refuse the pushed image */
export async function checkPushedImage(ecr: ECRClient, repositoryName: string, tag: string): Promise<void> {
  const image = await describeImage(ecr, repositoryName, tag);
  if (isUsable(image)) return;
  throw new GraftError(
    'UnusableImage',
    `${repositoryName}:${tag} has a manifest of type ${image.manifestType}, which SageMaker hosting refuses`,
    {
      hint:
        'The builder ignored oci-mediatypes=false, or added an attestation or an annotation. Choose another one ' +
        '(docker buildx ls, docker buildx use) and run the same command again: it leaves this image alone and pushes under ' +
        'another tag, since tags of this repository cannot be overwritten.',
    },
  );
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

/** `graft-dev` of `123456789012.dkr.ecr.eu-central-1.amazonaws.com/graft-dev` */
function nameOf(uri: string): string {
  return uri.slice(uri.indexOf('/') + 1);
}
