import type {
  CreateModelPackageCommandInput,
  CreateModelPackageCommandOutput,
  DeleteModelPackageCommandInput,
  DescribeModelPackageCommandInput,
  DescribeModelPackageCommandOutput,
  ListModelPackagesCommandInput,
  ListModelPackagesCommandOutput,
  UpdateModelPackageCommandInput,
  UpdateModelPackageCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { arnOf, type SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';
import { page } from '../listing.ts';
import { refuseMembers } from '../refused.ts';
import { findModelPackageGroup } from './model-package-groups.ts';

const REFUSED = [
  'ModelPackageName',
  'ModelPackageRegistrationType',
  'ValidationSpecification',
  'SourceAlgorithmSpecification',
  'CertifyForMarketplace',
  'AdditionalInferenceSpecifications',
  'SecurityConfig',
  'ModelCard',
  'ModelLifeCycle',
  'ManagedStorageType',
];

/** Only versions of a group: packages without one are for the marketplace. */
export function createModelPackage(
  sagemaker: SageMakerContext,
  input: CreateModelPackageCommandInput,
): Omit<CreateModelPackageCommandOutput, '$metadata'> {
  refuseMembers('CreateModelPackage', input, REFUSED);
  if (input.ModelPackageGroupName === undefined) throw validation('ModelPackageGroupName is required.');
  if ((input.Tags?.length ?? 0) > 0) {
    throw validation('Tags cannot be given to a model package version: it uses those of its group.');
  }
  const { store, world } = sagemaker;
  const { name: group, ...record } = findModelPackageGroup(sagemaker, input.ModelPackageGroupName);
  // The same token is the same package, however often it is asked for.
  const before = store.packages
    .list(`${group}/`)
    .find(({ value }) => input.ClientToken !== undefined && value.request.ClientToken === input.ClientToken);
  if (before !== undefined) return { ModelPackageArn: before.value.arn };
  const version = record.lastVersion + 1;
  const arn = `${arnOf(sagemaker, 'model-package', group)}/${version}`;
  const now = world.clock.now();
  store.packageGroups.put(group, { ...record, lastVersion: version });
  store.packages.put(`${group}/${version}`, {
    request: { ...input, ModelApprovalStatus: input.ModelApprovalStatus ?? 'PendingManualApproval' },
    ...{ arn, group, version, created: now, modified: now },
  });
  return { ModelPackageArn: arn };
}

function findModelPackage({ store }: SageMakerContext, arn: string) {
  const found = store.packages.list().find(({ value }) => value.arn === arn);
  if (found === undefined) throw validation(`ModelPackage ${arn} does not exist.`);
  return found;
}

export function describeModelPackage(
  sagemaker: SageMakerContext,
  input: DescribeModelPackageCommandInput,
): Omit<DescribeModelPackageCommandOutput, '$metadata'> {
  const { key, value } = findModelPackage(sagemaker, input.ModelPackageName!);
  const { ClientToken: _, Tags: __, ...request } = value.request;
  return {
    ...request,
    ModelPackageName: key,
    ModelPackageGroupName: value.group,
    ModelPackageVersion: value.version,
    ModelPackageArn: value.arn,
    CreationTime: new Date(value.created),
    LastModifiedTime: new Date(value.modified),
    ModelPackageStatus: 'Completed',
    ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
    CertifyForMarketplace: false,
    ...(value.approvalDescription === undefined ? {} : { ApprovalDescription: value.approvalDescription }),
  };
}

export function listModelPackages(
  sagemaker: SageMakerContext,
  input: ListModelPackagesCommandInput,
): Omit<ListModelPackagesCommandOutput, '$metadata'> {
  refuseMembers('ListModelPackages', input, ['ModelPackageType']);
  if (input.ModelPackageGroupName === undefined) return { ModelPackageSummaryList: [] };
  const { name: group } = findModelPackageGroup(sagemaker, input.ModelPackageGroupName);
  const packages = sagemaker.store.packages
    .list(`${group}/`)
    .map(({ value }) => ({ name: `${group}/${String(value.version).padStart(9, '0')}`, ...value }))
    .filter(
      ({ request }) =>
        input.ModelApprovalStatus === undefined || request.ModelApprovalStatus === input.ModelApprovalStatus,
    );
  const { entries, next } = page(packages, input);
  return {
    ...next,
    ModelPackageSummaryList: entries.map(({ arn, version, created, request }) => ({
      ModelPackageGroupName: group,
      ModelPackageVersion: version,
      ModelPackageArn: arn,
      ModelPackageDescription: request.ModelPackageDescription,
      CreationTime: new Date(created),
      ModelPackageStatus: 'Completed' as const,
      ModelApprovalStatus: request.ModelApprovalStatus,
    })),
  };
}

export function updateModelPackage(
  sagemaker: SageMakerContext,
  input: UpdateModelPackageCommandInput,
): Omit<UpdateModelPackageCommandOutput, '$metadata'> {
  refuseMembers('UpdateModelPackage', input, [
    'ModelPackageRegistrationType',
    'AdditionalInferenceSpecificationsToAdd',
    'InferenceSpecification',
    'SourceUri',
    'ModelCard',
    'ModelLifeCycle',
  ]);
  const { key, value } = findModelPackage(sagemaker, input.ModelPackageArn!);
  const { ModelApprovalStatus, ApprovalDescription, CustomerMetadataProperties } = input;
  const removed = new Set(input.CustomerMetadataPropertiesToRemove ?? []);
  const metadata = Object.fromEntries(
    Object.entries({ ...value.request.CustomerMetadataProperties, ...CustomerMetadataProperties }).filter(
      ([name]) => !removed.has(name),
    ),
  );
  sagemaker.store.packages.put(key, {
    ...value,
    modified: sagemaker.world.clock.now(),
    request: {
      ...value.request,
      ...(ModelApprovalStatus === undefined ? {} : { ModelApprovalStatus }),
      CustomerMetadataProperties: metadata,
    },
    ...(ApprovalDescription === undefined ? {} : { approvalDescription: ApprovalDescription }),
  });
  return { ModelPackageArn: value.arn };
}

/** The group does not give the version's number again. */
export function deleteModelPackage(sagemaker: SageMakerContext, input: DeleteModelPackageCommandInput) {
  const { key } = findModelPackage(sagemaker, input.ModelPackageName!);
  sagemaker.store.packages.delete(key);
  return {};
}
