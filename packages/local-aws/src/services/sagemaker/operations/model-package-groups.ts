import type {
  CreateModelPackageGroupCommandInput,
  CreateModelPackageGroupCommandOutput,
  DeleteModelPackageGroupCommandInput,
  DescribeModelPackageGroupCommandInput,
  DescribeModelPackageGroupCommandOutput,
  ListModelPackageGroupsCommandInput,
  ListModelPackageGroupsCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { ServiceError } from '../../../service.ts';
import { arnOf, type SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import { page } from '../listing.ts';
import { refuseMembers } from '../refused.ts';
import { putTags } from './tags.ts';

export function createModelPackageGroup(
  sagemaker: SageMakerContext,
  input: CreateModelPackageGroupCommandInput,
): Omit<CreateModelPackageGroupCommandOutput, '$metadata'> {
  refuseMembers('CreateModelPackageGroup', input, ['ManagedConfiguration']);
  const { Tags, ...request } = input;
  const name = input.ModelPackageGroupName!;
  const arn = arnOf(sagemaker, 'model-package-group', name);
  if (sagemaker.store.packageGroups.list().some(({ value }) => value.arn === arn)) {
    throw validation(`Model Package Group already exists: ${arn}`);
  }
  const created = sagemaker.world.clock.now();
  sagemaker.store.packageGroups.put(name, { request, arn, created, lastVersion: 0 });
  putTags(sagemaker, arn, Tags);
  return { ModelPackageGroupArn: arn };
}

/** @param nameOrArn as the operations take either */
export function findModelPackageGroup(sagemaker: SageMakerContext, nameOrArn: string) {
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : arnOf(sagemaker, 'model-package-group', nameOrArn);
  const found = sagemaker.store.packageGroups.list().find(({ value }) => value.arn === arn);
  if (found === undefined) throw validation(`ModelPackageGroup ${arn} does not exist.`);
  return { name: found.key, ...found.value };
}

export function describeModelPackageGroup(
  sagemaker: SageMakerContext,
  input: DescribeModelPackageGroupCommandInput,
): Omit<DescribeModelPackageGroupCommandOutput, '$metadata'> {
  const { name, arn, created, request } = findModelPackageGroup(sagemaker, input.ModelPackageGroupName!);
  return {
    ModelPackageGroupName: name,
    ModelPackageGroupArn: arn,
    ModelPackageGroupDescription: request.ModelPackageGroupDescription,
    CreationTime: new Date(created),
    CreatedBy: {},
    ModelPackageGroupStatus: 'Completed',
  };
}

export function listModelPackageGroups(
  { store }: SageMakerContext,
  input: ListModelPackageGroupsCommandInput,
): Omit<ListModelPackageGroupsCommandOutput, '$metadata'> {
  refuseMembers('ListModelPackageGroups', input, ['CrossAccountFilterOption']);
  const groups = store.packageGroups.list().map(({ key, value }) => ({ name: key, ...value }));
  const { entries, next } = page(groups, input);
  return {
    ...next,
    ModelPackageGroupSummaryList: entries.map(({ name, arn, created, request }) => ({
      ModelPackageGroupName: name,
      ModelPackageGroupArn: arn,
      ModelPackageGroupDescription: request.ModelPackageGroupDescription,
      CreationTime: new Date(created),
      ModelPackageGroupStatus: 'Completed' as const,
    })),
  };
}

/** A group goes only when it has no versions. */
export function deleteModelPackageGroup(
  sagemaker: SageMakerContext,
  input: DeleteModelPackageGroupCommandInput,
) {
  const { name, arn } = findModelPackageGroup(sagemaker, input.ModelPackageGroupName!);
  if (sagemaker.store.packages.list(`${name}/`).length > 0) {
    throw new ServiceError('ConflictException', `ModelPackageGroup ${arn} has model packages.`);
  }
  sagemaker.store.packageGroups.delete(name);
  sagemaker.store.tags.delete(arn);
  return {};
}
