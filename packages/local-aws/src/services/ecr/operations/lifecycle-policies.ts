import type {
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
  PutLifecyclePolicyRequest,
  PutLifecyclePolicyResponse,
} from '@aws-sdk/client-ecr';
import { ServiceError } from '../../../service.ts';
import type { EcrContext } from '../context.ts';

export function putLifecyclePolicy(
  { world, repositories }: EcrContext,
  input: PutLifecyclePolicyRequest,
): PutLifecyclePolicyResponse {
  const repository = repositories.get(input.repositoryName);
  const lifecyclePolicy = input.lifecyclePolicyText ?? '';
  repositories.put(repository.name, { ...repository, lifecyclePolicy });
  return {
    registryId: world.accountId,
    repositoryName: repository.name,
    lifecyclePolicyText: lifecyclePolicy,
  };
}

export function getLifecyclePolicy(
  { world, repositories }: EcrContext,
  input: GetLifecyclePolicyRequest,
): GetLifecyclePolicyResponse {
  const { name, lifecyclePolicy } = repositories.get(input.repositoryName);
  if (lifecyclePolicy === undefined) {
    throw new ServiceError(
      'LifecyclePolicyNotFoundException',
      `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${world.accountId}'`,
    );
  }
  return { registryId: world.accountId, repositoryName: name, lifecyclePolicyText: lifecyclePolicy };
}
