import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { Bucket } from '#cloud/aws/bucket.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { findStack } from '../find-stack.ts';
import { s3ClientOf } from '../s3-client.ts';

/** What keys of a stage's API consist of. */
export interface KeyStack {
  gateway: APIGatewayClient;
  artifacts: Bucket;
  usagePlanId: string;
  /** Keys have the name of their stage before their own. */
  prefix: string;
}

/** @throws InvalidInputError, NotFoundError */
export async function openStack(stage: string, region: string | undefined): Promise<KeyStack> {
  if (region === undefined) {
    throw new InvalidInputError('No region', { hint: 'Give --region, or set AWS_REGION.' });
  }
  const stack = await findStack(stage, region);
  const bucket = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'ArtifactsBucket')?.OutputValue;
  if (bucket === undefined) {
    throw new NotFoundError(`There is no stack graft-${stage} in ${region}`, {
      hint: 'Check --stage, --region and the credentials.',
    });
  }
  const resource = new DescribeStackResourceCommand({
    StackName: `graft-${stage}`,
    LogicalResourceId: 'ApiGatewayUsagePlan',
  });
  const { StackResourceDetail } = await new CloudFormationClient({ region }).send(resource);
  return {
    gateway: new APIGatewayClient({ region }),
    artifacts: new Bucket(s3ClientOf({ region }), bucket),
    usagePlanId: StackResourceDetail!.PhysicalResourceId!,
    prefix: `graft-${stage}-`,
  };
}
