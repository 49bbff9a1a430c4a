import type { DescribeImagesResponse, DescribeRepositoriesResponse } from '@aws-sdk/client-ecr';
import type { World } from '../../service.ts';

/** What SageMaker can host; BuildKit writes OCI's own types unless it is told not to. */
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Why an image cannot run here; undefined when it can. Every tag and digest of a repository in ECR stands for
 * the container of `ContainerOptions`. A pushed image must have a manifest that SageMaker accepts.
 */
export async function imageProblem(world: World, image: string): Promise<string | undefined> {
  const { repositories = [] } = (await world.call(
    'ecr',
    'DescribeRepositories',
    {},
  )) as DescribeRepositoriesResponse;
  const [, uri, tag, digest] =
    /^(.*?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  const repository = repositories.find(({ repositoryUri }) => repositoryUri === uri);
  if (repository === undefined) {
    const uris = repositories.map(({ repositoryUri }) => repositoryUri);
    const known = uris.length === 0 ? 'there is no AWS::ECR::Repository' : `it runs ${uris.join(', ')}`;
    return `ClientError: Cannot pull algorithm container. The local AWS cannot run the image ${image}: ${known}.`;
  }
  const { imageDetails = [] } = (await world.call('ecr', 'DescribeImages', {
    repositoryName: repository.repositoryName,
  })) as DescribeImagesResponse;
  const pushed = imageDetails.find(
    ({ imageDigest, imageTags }) =>
      (digest !== undefined && imageDigest === digest) || (tag !== undefined && imageTags?.includes(tag)),
  );
  const mediaType = pushed?.imageManifestMediaType;
  if (mediaType === undefined || mediaType === MANIFEST) return undefined;
  return `Unsupported manifest media type ${mediaType} for image ${image}. Ensure that valid manifest media type is used for specified image.`;
}
