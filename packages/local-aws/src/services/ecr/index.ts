import * as schemas from '@aws-sdk/client-ecr';
import { defineService } from '../../define-service.ts';
import type { EcrContext } from './context.ts';
import { getAuthorizationToken } from './operations/authorization.ts';
import { batchDeleteImage, batchGetImage, describeImages, listImages } from './operations/images.ts';
import { getLifecyclePolicy, putLifecyclePolicy } from './operations/lifecycle-policies.ts';
import { putImage } from './operations/put-image.ts';
import { createRepository, deleteRepository, describeRepositories } from './operations/repositories.ts';
import { permissions } from './permissions.ts';
import { Repositories } from './repositories.ts';

/**
 * ECR: repositories and the manifests of their images. Layers are not kept, so Docker can neither push nor
 * pull.
 */
export const createEcr = defineService<EcrContext>({
  signingName: 'ecr',
  protocol: 'json-1.1',
  schemas,
  targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
  permissions,
  createContext: (world) => ({ world, repositories: new Repositories(world) }),
  operations: {
    BatchDeleteImage: batchDeleteImage,
    BatchGetImage: batchGetImage,
    CreateRepository: createRepository,
    DeleteRepository: deleteRepository,
    DescribeImages: describeImages,
    DescribeRepositories: describeRepositories,
    GetAuthorizationToken: getAuthorizationToken,
    GetLifecyclePolicy: getLifecyclePolicy,
    ListImages: listImages,
    PutImage: putImage,
    PutLifecyclePolicy: putLifecyclePolicy,
  },
  resources: ({ repositories }) => ({ 'AWS::ECR::Repository': repositories.resource }),
});
