import type {
  BatchDeleteImageRequest,
  BatchDeleteImageResponse,
  BatchGetImageRequest,
  BatchGetImageResponse,
  DescribeImagesRequest,
  DescribeImagesResponse,
  ImageFailure,
  ImageIdentifier,
  ListImagesRequest,
  ListImagesResponse,
} from '@aws-sdk/client-ecr';
import { ServiceError } from '../../../service.ts';
import type { EcrContext } from '../context.ts';
import { findImage, imageDetail, shownImage } from '../images.ts';

export function describeImages(context: EcrContext, input: DescribeImagesRequest): DescribeImagesResponse {
  const { world, repositories } = context;
  const images = imagesOf(context, input.repositoryName);
  const asked = input.imageIds?.map((id) => {
    const image = findImage(repositories, input.repositoryName ?? '', id);
    if (image !== undefined) return image;
    throw new ServiceError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${input.repositoryName}' in the registry with id '${world.accountId}'`,
    );
  });
  const status = input.filter?.tagStatus ?? 'ANY';
  const wanted = (asked ?? images).filter(
    ({ tags }) => status === 'ANY' || (status === 'TAGGED') === tags.length > 0,
  );
  return { imageDetails: wanted.map((image) => imageDetail(world, image)) };
}

export function listImages(context: EcrContext, input: ListImagesRequest): ListImagesResponse {
  return {
    imageIds: imagesOf(context, input.repositoryName).flatMap(({ digest, tags }) =>
      tags.length === 0
        ? [{ imageDigest: digest }]
        : tags.map((tag) => ({ imageDigest: digest, imageTag: tag })),
    ),
  };
}

export function batchGetImage(
  { world, repositories }: EcrContext,
  input: BatchGetImageRequest,
): BatchGetImageResponse {
  repositories.get(input.repositoryName);
  const found = (input.imageIds ?? []).map((id) => ({
    id,
    image: findImage(repositories, input.repositoryName ?? '', id),
  }));
  return {
    images: found.flatMap(({ id, image }) =>
      image === undefined ? [] : [shownImage(world, image, id.imageTag)],
    ),
    failures: found.flatMap(({ id, image }) => (image === undefined ? [notFound(id)] : [])),
  };
}

export function batchDeleteImage(
  { repositories }: EcrContext,
  input: BatchDeleteImageRequest,
): BatchDeleteImageResponse {
  repositories.get(input.repositoryName);
  const failures: ImageFailure[] = [];
  const imageIds: ImageIdentifier[] = [];
  for (const id of input.imageIds ?? []) {
    const image = findImage(repositories, input.repositoryName ?? '', id);
    if (image === undefined) {
      failures.push(notFound(id));
      continue;
    }
    const tags = image.tags.filter((tag) => tag !== id.imageTag);
    // A tag alone is taken off an image that has others.
    if (id.imageDigest === undefined && tags.length > 0) repositories.putImage({ ...image, tags });
    else repositories.deleteImage(image);
    imageIds.push({ ...id, imageDigest: image.digest });
  }
  return { imageIds, failures };
}

/** @throws ServiceError `RepositoryNotFoundException` */
function imagesOf({ repositories }: EcrContext, name: string | undefined) {
  return repositories.images(repositories.get(name).name);
}

function notFound(imageId: ImageIdentifier): ImageFailure {
  return { imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' };
}
