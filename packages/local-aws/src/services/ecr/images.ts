import type * as ecr from '@aws-sdk/client-ecr';
import type { World } from '../../service.ts';
import type { Image, Repositories } from './repositories.ts';

export function shownImage(world: World, image: Image, tag: string | undefined): ecr.Image {
  return {
    registryId: world.accountId,
    repositoryName: image.repository,
    imageId: { imageDigest: image.digest, ...(tag === undefined ? {} : { imageTag: tag }) },
    imageManifest: image.manifest,
    imageManifestMediaType: image.mediaType,
  };
}

export function imageDetail(world: World, image: Image): ecr.ImageDetail {
  return {
    registryId: world.accountId,
    repositoryName: image.repository,
    imageDigest: image.digest,
    ...(image.tags.length === 0 ? {} : { imageTags: image.tags }),
    imageSizeInBytes: sizeOf(image.manifest),
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
  };
}

/** Of the layers, as the manifest counts them. */
function sizeOf(manifest: string): number {
  const { layers = [] } = JSON.parse(manifest) as { layers?: { size?: number }[] };
  return layers.reduce((sum, { size = 0 }) => sum + size, 0);
}

/** @returns undefined when no image has that digest or tag */
export function findImage(
  repositories: Repositories,
  repository: string,
  { imageDigest, imageTag }: ecr.ImageIdentifier,
): Image | undefined {
  return repositories
    .images(repository)
    .find(
      (image) =>
        (imageDigest === undefined || image.digest === imageDigest) &&
        (imageTag === undefined || image.tags.includes(imageTag)),
    );
}
