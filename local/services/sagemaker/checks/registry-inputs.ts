import { ModelApprovalStatus } from '@aws-sdk/client-sagemaker';
import type { Constraint, Constraints } from './constraints.ts';

const ENTITY_NAME: Constraint = { min: 1, max: 63, pattern: '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}' };
const DESCRIPTION: Constraint = { max: 1024, pattern: '[\\p{L}\\p{M}\\p{Z}\\p{S}\\p{N}\\p{P}]*' };
const METADATA_TEXT = '([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)';
const APPROVAL: Constraint = { enum: Object.values(ModelApprovalStatus) };
const METADATA: Constraints = {
  CustomerMetadataProperties: { min: 1, max: 50 },
  'CustomerMetadataProperties{key}': { min: 1, max: 128, pattern: METADATA_TEXT },
  'CustomerMetadataProperties{}': { max: 256, pattern: METADATA_TEXT },
};

export const CREATE_MODEL_PACKAGE_GROUP: Constraints = {
  ModelPackageGroupName: ENTITY_NAME,
  ModelPackageGroupDescription: DESCRIPTION,
  Tags: { max: 50 },
};

export const CREATE_MODEL_PACKAGE: Constraints = {
  ModelPackageDescription: DESCRIPTION,
  'InferenceSpecification.Containers': { min: 1, max: 15 },
  'InferenceSpecification.Containers[].Image': { max: 255, pattern: '[\\S]+' },
  'InferenceSpecification.Containers[].ModelDataUrl': {
    max: 1024,
    pattern: '(https|s3):\\/\\/([^\\/]+)\\/?(.*)',
  },
  'InferenceSpecification.SupportedContentTypes[]': { max: 256 },
  'InferenceSpecification.SupportedResponseMIMETypes[]': { max: 1024, pattern: '[-\\w]+\\/.+' },
  ModelApprovalStatus: APPROVAL,
  'ModelMetrics.ModelQuality.Statistics.S3Uri': { max: 1024, pattern: '(https|s3):\\/\\/([^\\/]+)\\/?(.*)' },
  'ModelMetrics.ModelQuality.Statistics.ContentType': { max: 256 },
  ClientToken: { min: 1, max: 36, pattern: '[a-zA-Z0-9-]+' },
  ...METADATA,
};

export const UPDATE_MODEL_PACKAGE: Constraints = {
  ModelPackageArn: {
    min: 1,
    max: 2048,
    pattern:
      'arn:aws(-cn|-us-gov|-iso-f)?:sagemaker:[a-z0-9\\-]{9,16}:[0-9]{12}:model-package\\/[\\S]{1,2048}',
  },
  ModelApprovalStatus: APPROVAL,
  ApprovalDescription: DESCRIPTION,
  ...METADATA,
};
