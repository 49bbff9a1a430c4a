import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEcr } from '../../src/services/ecr/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

let local: LocalAws;
let ecr: ECRClient;
beforeEach(async () => {
  local = await startLocal({
    services: [createEcr],
    template: {
      Resources: {
        Images: {
          Type: 'AWS::ECR::Repository',
          Properties: { RepositoryName: 'images', ImageTagMutability: 'IMMUTABLE' },
        },
      },
    },
  });
  ecr = local.client(ECRClient);
});
afterEach(() => local.stop());

const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
const manifest = (size: number, mediaType?: string) =>
  JSON.stringify({ schemaVersion: 2, ...(mediaType === undefined ? {} : { mediaType }), layers: [{ size }] });
const put = (imageManifest: string, imageTag?: string, others: object = {}) =>
  ecr.send(new PutImageCommand({ repositoryName: 'images', imageManifest, imageTag, ...others }));

it('knows the repository of the template and says how to log in', async () => {
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['images'] }));
  expect(repositories).toMatchObject([
    {
      repositoryUri: '000000000000.dkr.ecr.eu-central-1.amazonaws.com/images',
      imageTagMutability: 'IMMUTABLE',
    },
  ]);
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  expect(Buffer.from(authorizationData![0]!.authorizationToken!, 'base64').toString()).toMatch(/^AWS:./);
});

it('says of what type a manifest is: its own word, what it was told, or Docker’s', async () => {
  await put(manifest(1, 'application/vnd.oci.image.manifest.v1+json'), 'oci');
  await put(manifest(2), 'told', { imageManifestMediaType: 'application/vnd.oci.image.index.v1+json' });
  await put(manifest(3), 'none');
  const types: Record<string, unknown> = {};
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'images' }));
  for (const { imageTags, imageManifestMediaType, imageSizeInBytes } of imageDetails!) {
    types[imageTags![0]!] = [imageManifestMediaType, imageSizeInBytes];
  }

  expect(types).toEqual({
    oci: ['application/vnd.oci.image.manifest.v1+json', 1],
    told: ['application/vnd.oci.image.index.v1+json', 2],
    none: [DOCKER, 3],
  });
});

it('overwrites no tag of an immutable repository, and finds images by tag and digest', async () => {
  const { image } = await put(manifest(1, DOCKER), 'v1');
  await expect(put(manifest(2, DOCKER), 'v1')).rejects.toMatchObject({
    name: 'ImageTagAlreadyExistsException',
  });
  await expect(put(manifest(1, DOCKER), 'v1')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
  await put(manifest(1, DOCKER), 'v2');
  const { images, failures } = await ecr.send(
    new BatchGetImageCommand({
      repositoryName: 'images',
      imageIds: [{ imageTag: 'v2' }, { imageDigest: image!.imageId!.imageDigest! }, { imageTag: 'v3' }],
    }),
  );
  expect(images?.map((one) => one.imageManifest)).toEqual([manifest(1, DOCKER), manifest(1, DOCKER)]);
  expect(failures).toMatchObject([{ failureCode: 'ImageNotFound' }]);
  await expect(
    ecr.send(new DescribeImagesCommand({ repositoryName: 'images', imageIds: [{ imageTag: 'v3' }] })),
  ).rejects.toMatchObject({ name: 'ImageNotFoundException' });
});

it('lets no repository go with images in it, unless it is told to', async () => {
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'mine' }));
  await ecr.send(
    new PutImageCommand({ repositoryName: 'mine', imageManifest: manifest(1, DOCKER), imageTag: 'v1' }),
  );
  await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'mine' }))).rejects.toMatchObject({
    name: 'RepositoryNotEmptyException',
  });
  await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'mine', imageIds: [{ imageTag: 'v1' }] }));
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'mine' }));
  await expect(
    ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['mine'] })),
  ).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
});
