import type {
  CreateRepositoryRequest,
  CreateRepositoryResponse,
  DeleteRepositoryRequest,
  DeleteRepositoryResponse,
  DescribeRepositoriesRequest,
  DescribeRepositoriesResponse,
  Repository,
} from '@aws-sdk/client-ecr';
import { ServiceError, type World } from '../../../service.ts';
import type { EcrContext } from '../context.ts';
import type { RepositoryRecord } from '../repositories.ts';

export function createRepository(
  { world, repositories }: EcrContext,
  input: CreateRepositoryRequest,
): CreateRepositoryResponse {
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
  return { repository: shown(world, repositories.put(name, { mutability, scanOnPush })) };
}

export function describeRepositories(
  { world, repositories }: EcrContext,
  { repositoryNames }: DescribeRepositoriesRequest,
): DescribeRepositoriesResponse {
  const found = repositoryNames?.map((name) => repositories.get(name)) ?? repositories.list();
  return { repositories: found.map((one) => shown(world, one)) };
}

export function deleteRepository(
  { world, repositories }: EcrContext,
  input: DeleteRepositoryRequest,
): DeleteRepositoryResponse {
  return { repository: shown(world, repositories.delete(input.repositoryName ?? '', input.force === true)) };
}

function shown({ accountId }: World, one: RepositoryRecord): Repository {
  return {
    repositoryArn: one.arn,
    registryId: accountId,
    repositoryName: one.name,
    repositoryUri: one.uri,
    createdAt: new Date(one.createdAt),
    imageTagMutability: one.mutability,
    imageScanningConfiguration: { scanOnPush: one.scanOnPush },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}
