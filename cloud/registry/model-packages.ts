import {
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  DescribeModelPackageCommand,
  ListModelPackagesCommand,
  type ModelApprovalStatus,
  type SageMakerClient,
  UpdateModelPackageCommand,
} from '@aws-sdk/client-sagemaker';
import { type PackageMetadata, packageMetadataSchema } from '#core/contracts/model-package.ts';
import { shortDigest } from '#core/names.ts';
import { REQUEST_TYPES } from '#core/prediction-requests.ts';
import { shorten } from '#core/shorten.ts';
import { isExisting, isMissing } from '../aws/failures.ts';

/** SageMaker's limits. */
const DESCRIPTION_LIMIT = 1024;
const VALUE_LIMIT = 256;
const TOKEN_LENGTH = 36;

export interface ModelPackageRequest {
  group: string;
  approval: 'Approved' | 'Rejected';
  /** Why; characters that SageMaker does not take are left out. */
  description: string;
  image: string;
  /** S3 URIs. */
  modelData: string;
  evaluation: string;
  metadata: PackageMetadata;
}

/**
 * Adds a model to its domain's group, which is created where there is none.
 *
 * @returns its ARN; the same one for the same group and execution, which are the request's token (tokens are
 *   per account)
 */
export async function registerModelPackage(
  sagemaker: SageMakerClient,
  request: ModelPackageRequest,
): Promise<string> {
  const { group, metadata } = request;
  await ensureGroup(sagemaker, group, metadata.domain);
  const { ModelPackageArn } = await sagemaker.send(
    new CreateModelPackageCommand({
      ModelPackageGroupName: group,
      ModelPackageDescription: shorten(request.description.replace(/\p{C}+/gu, ' '), DESCRIPTION_LIMIT),
      ModelApprovalStatus: request.approval,
      ClientToken: shortDigest([group, metadata.execution], TOKEN_LENGTH),
      Domain: 'COMPUTER_VISION',
      Task: 'IMAGE_CLASSIFICATION',
      InferenceSpecification: {
        Containers: [{ Image: request.image, ModelDataUrl: request.modelData }],
        SupportedContentTypes: [...REQUEST_TYPES],
        SupportedResponseMIMETypes: ['application/json'],
      },
      ModelMetrics: {
        ModelQuality: { Statistics: { ContentType: 'application/json', S3Uri: request.evaluation } },
      },
      CustomerMetadataProperties: Object.fromEntries(
        Object.entries(metadata)
          .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
          .map(([name, value]) => [name, withAllowedCharacters(value)]),
      ),
    }),
  );
  return ModelPackageArn!;
}

/** People choose these names, so characters that the registry does not accept become `_`. */
const withAllowedCharacters = (value: string) =>
  value.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, VALUE_LIMIT);

async function ensureGroup(sagemaker: SageMakerClient, group: string, domain: string): Promise<void> {
  try {
    await sagemaker.send(
      new CreateModelPackageGroupCommand({
        ModelPackageGroupName: group,
        ModelPackageGroupDescription: `Models of the domain ${domain}, promoted and rejected`,
      }),
    );
  } catch (error) {
    if (!isExisting(error)) throw error;
  }
}

/** A version of a model in the registry. */
export interface RegisteredModel {
  arn: string;
  version: number;
  approval: string;
  createdAt: Date;
  /** S3 URI of its archive. */
  modelData: string;
  /** Whether its status has a reason: people give one, Graft only when it retires a version. */
  reviewed: boolean;
  metadata: PackageMetadata;
}

/**
 * Versions of a group that Graft registered, newest first; none when there is no group. Each is described
 * when the caller asks for it.
 *
 * @param approval only those of this status
 */
export async function* registeredModels(
  sagemaker: SageMakerClient,
  group: string,
  approval?: ModelApprovalStatus,
): AsyncGenerator<RegisteredModel> {
  let NextToken: string | undefined;
  do {
    const page = await sagemaker
      .send(
        new ListModelPackagesCommand({
          ModelPackageGroupName: group,
          SortBy: 'CreationTime',
          SortOrder: 'Descending',
          ...(approval === undefined ? {} : { ModelApprovalStatus: approval }),
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      )
      .catch((error: Error) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    for (const { ModelPackageArn } of page?.ModelPackageSummaryList ?? []) {
      const found = await sagemaker.send(
        new DescribeModelPackageCommand({ ModelPackageName: ModelPackageArn }),
      );
      // Other packages in the group have other metadata.
      const metadata = packageMetadataSchema.safeParse(found.CustomerMetadataProperties);
      if (!metadata.success) continue;
      yield {
        arn: found.ModelPackageArn!,
        version: found.ModelPackageVersion!,
        approval: found.ModelApprovalStatus ?? 'unknown',
        createdAt: found.CreationTime!,
        modelData: found.InferenceSpecification?.Containers?.[0]?.ModelDataUrl ?? '',
        reviewed: found.ApprovalDescription !== undefined,
        metadata: metadata.data,
      };
    }
    NextToken = page?.NextToken;
  } while (NextToken !== undefined);
}

/** Marks a version whose archive is about to be removed, so that it is not deployed from the registry. */
export async function retireModel(sagemaker: SageMakerClient, arn: string): Promise<void> {
  await sagemaker.send(
    new UpdateModelPackageCommand({
      ModelPackageArn: arn,
      ModelApprovalStatus: 'Rejected',
      ApprovalDescription: 'Retired: newer versions have been live since, and its archive was removed.',
    }),
  );
}
