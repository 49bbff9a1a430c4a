import {
  CreateModelCommand,
  DeleteModelCommand,
  DescribeModelCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { DeploymentFailedError } from '#core/errors.ts';
import { isMissing, isValidation } from '../aws/failures.ts';
import type { Vpc } from '../aws/settings.ts';
import { promotionTags, type Tagged } from '../aws/tags.ts';
import { describeExisting } from './existing.ts';

export interface ModelRequest extends Tagged {
  name: string;
  image: string;
  modelDataUrl: string;
  roleArn: string;
  /** `MultiModel` where `modelDataUrl` is a prefix below which many models lie. */
  mode?: 'SingleModel' | 'MultiModel';
  /** Not for serverless endpoints, which cannot be in a VPC. */
  vpc?: Vpc | undefined;
}

/**
 * Creates a model, or finds the one that an earlier attempt created: its name is derived from its content.
 *
 * @throws DeploymentFailedError when one of that name serves something else
 */
export async function ensureModel(sagemaker: SageMakerClient, request: ModelRequest): Promise<void> {
  const { name, image, modelDataUrl, roleArn, mode = 'SingleModel' } = request;
  try {
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: name,
        ExecutionRoleArn: roleArn,
        PrimaryContainer: { Image: image, Mode: mode, ModelDataUrl: modelDataUrl },
        ...(request.vpc === undefined ? {} : { VpcConfig: request.vpc }),
        Tags: promotionTags(request),
      }),
    );
  } catch (error) {
    if (!isValidation(error)) throw error;
    const existing = await describeExisting(
      sagemaker.send(new DescribeModelCommand({ ModelName: name })),
      error,
    );
    const container = existing.PrimaryContainer;
    if (container?.ModelDataUrl !== modelDataUrl || container.Image !== image) {
      throw new DeploymentFailedError(`Model ${name} exists and serves ${container?.ModelDataUrl}`, {
        hint: 'Delete that model, or start another execution.',
        cause: error,
      });
    }
  }
}

/** A missing one is ignored. */
export async function deleteModel(sagemaker: SageMakerClient, name: string): Promise<void> {
  try {
    await sagemaker.send(new DeleteModelCommand({ ModelName: name }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
