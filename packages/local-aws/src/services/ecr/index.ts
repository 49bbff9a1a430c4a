import * as schemas from '@aws-sdk/client-ecr';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { findImage, imageDetail, putImage, shownImage } from './images.ts';
import { permissions } from './permissions.ts';
import { Repositories, type Repository } from './repositories.ts';

/** As long as ECR's own tokens are valid. */
const TOKEN_MS = 12 * 3_600_000;

/** ECR: repositories and the manifests of their images. Layers are not kept: no Docker can push here or pull. */
export const createEcr: ServiceFactory = (world): Service => {
  const repositories = new Repositories(world);
  const shown = (one: Repository): schemas.Repository => ({
    repositoryArn: one.arn,
    registryId: world.accountId,
    repositoryName: one.name,
    repositoryUri: one.uri,
    createdAt: new Date(one.createdAt),
    imageTagMutability: one.mutability,
    imageScanningConfiguration: { scanOnPush: one.scanOnPush },
    encryptionConfiguration: { encryptionType: 'AES256' },
  });
  const imagesOf = (name: string | undefined) => repositories.images(repositories.get(name).name);

  return {
    signingName: 'ecr',
    protocol: 'json-1.1',
    targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
    permissions,
    schemas,
    operations: {
      GetAuthorizationToken: (): schemas.GetAuthorizationTokenResponse => ({
        authorizationData: [
          {
            authorizationToken: Buffer.from('AWS:local').toString('base64'),
            expiresAt: new Date(world.clock.now() + TOKEN_MS),
            proxyEndpoint: `https://${world.accountId}.dkr.ecr.${world.region}.amazonaws.com`,
          },
        ],
      }),
      CreateRepository: (input: schemas.CreateRepositoryRequest): schemas.CreateRepositoryResponse => {
        const name = input.repositoryName ?? '';
        if (repositories.has(name)) {
          throw new ServiceError(
            'RepositoryAlreadyExistsException',
            `The repository with name '${name}' already exists in the registry with id '${world.accountId}'`,
          );
        }
        const mutability = input.imageTagMutability ?? 'MUTABLE';
        if (mutability !== 'MUTABLE' && mutability !== 'IMMUTABLE') {
          throw new ServiceError('InvalidParameterException', `The local AWS does not emulate ${mutability}`);
        }
        const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
        return { repository: shown(repositories.put(name, { mutability, scanOnPush })) };
      },
      DescribeRepositories: (
        input: schemas.DescribeRepositoriesRequest,
      ): schemas.DescribeRepositoriesResponse => ({
        repositories: (
          input.repositoryNames?.map((name) => repositories.get(name)) ?? repositories.list()
        ).map(shown),
      }),
      DeleteRepository: (input: schemas.DeleteRepositoryRequest): schemas.DeleteRepositoryResponse => ({
        repository: shown(repositories.delete(input.repositoryName ?? '', input.force === true)),
      }),
      PutLifecyclePolicy: (input: schemas.PutLifecyclePolicyRequest): schemas.PutLifecyclePolicyResponse => {
        const repository = repositories.get(input.repositoryName);
        const lifecyclePolicy = input.lifecyclePolicyText ?? '';
        repositories.put(repository.name, { ...repository, lifecyclePolicy });
        return {
          registryId: world.accountId,
          repositoryName: repository.name,
          lifecyclePolicyText: lifecyclePolicy,
        };
      },
      GetLifecyclePolicy: (input: schemas.GetLifecyclePolicyRequest): schemas.GetLifecyclePolicyResponse => {
        const { name, lifecyclePolicy } = repositories.get(input.repositoryName);
        if (lifecyclePolicy === undefined) {
          throw new ServiceError(
            'LifecyclePolicyNotFoundException',
            `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${world.accountId}'`,
          );
        }
        return { registryId: world.accountId, repositoryName: name, lifecyclePolicyText: lifecyclePolicy };
      },
      PutImage: (input: schemas.PutImageRequest) => putImage(world, repositories, input),
      DescribeImages: (input: schemas.DescribeImagesRequest): schemas.DescribeImagesResponse => {
        const images = imagesOf(input.repositoryName);
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
      },
      ListImages: (input: schemas.ListImagesRequest): schemas.ListImagesResponse => ({
        imageIds: imagesOf(input.repositoryName).flatMap(({ digest, tags }) =>
          tags.length === 0
            ? [{ imageDigest: digest }]
            : tags.map((tag) => ({ imageDigest: digest, imageTag: tag })),
        ),
      }),
      BatchGetImage: (input: schemas.BatchGetImageRequest): schemas.BatchGetImageResponse => {
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
      },
      BatchDeleteImage: (input: schemas.BatchDeleteImageRequest): schemas.BatchDeleteImageResponse => {
        repositories.get(input.repositoryName);
        const failures: schemas.ImageFailure[] = [];
        const imageIds: schemas.ImageIdentifier[] = [];
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
      },
    },
    resources: { 'AWS::ECR::Repository': repositories.resource },
  };
};

const notFound = (imageId: schemas.ImageIdentifier): schemas.ImageFailure => ({
  imageId,
  failureCode: 'ImageNotFound',
  failureReason: 'Requested image not found',
});
