import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeStackResourcesCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackImportComplete,
} from '@aws-sdk/client-cloudformation';
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { isMissing } from '#cloud/aws/failures.ts';
import { GraftError, InvalidInputError } from '#core/errors.ts';

/** A bucket of the template that exists and belongs to no stack, by its logical id. */
export interface KeptBucket {
  logicalId: string;
  name: string;
}

export interface BucketClients {
  s3: S3Client;
  cloudFormation: CloudFormationClient;
}

/** Stage, region and account of the stack. */
export interface StackPlace {
  stage: string;
  region: string;
  account: string;
}

const CHANGE_SET = 'graft-import-buckets';
const LONGEST_WAIT_SECONDS = 600;

const stackName = (stage: string) => `graft-${stage}`;

/** Names of the buckets, as in `infrastructure/buckets.yml`. A test compares the two. */
export function bucketsOf({ stage, region, account }: StackPlace): KeptBucket[] {
  return ['Models', 'Data', 'Artifacts'].map((which) => ({
    logicalId: `${which}Bucket`,
    name: `graft-${stage}-${which.toLowerCase()}-${account}-${region}`,
  }));
}

/** Buckets that a removed stack has left. A new stack of that name could not create them. */
export async function findKeptBuckets(
  { s3, cloudFormation }: BucketClients,
  place: StackPlace,
): Promise<KeptBucket[]> {
  const mine = await bucketsInStack(cloudFormation, stackName(place.stage));
  const kept: KeptBucket[] = [];
  for (const bucket of bucketsOf(place)) {
    if (!mine.has(bucket.logicalId) && (await exists(s3, bucket.name, place.account))) kept.push(bucket);
  }
  return kept;
}

async function bucketsInStack(client: CloudFormationClient, StackName: string): Promise<Set<string>> {
  try {
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }));
    return new Set(
      StackResources.filter(
        ({ ResourceType, ResourceStatus }) =>
          ResourceType === 'AWS::S3::Bucket' && !/^DELETE_|CREATE_FAILED/.test(ResourceStatus ?? ''),
      ).map(({ LogicalResourceId }) => LogicalResourceId!),
    );
  } catch (error) {
    if (isMissing(error)) return new Set();
    throw error;
  }
}

async function exists(s3: S3Client, name: string, account: string): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: name, ExpectedBucketOwner: account }));
    return true;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return false;
    if (status !== 403) throw error;
    throw new InvalidInputError(`The bucket ${name} is not yours, or you may not look at it`, {
      cause: error,
      hint: `Allow s3:ListBucket on it. If another account has taken the name, choose another stage.`,
    });
  }
}

/** @throws GraftError that names the buckets and the two ways to go on */
export function refuseKeptBuckets(kept: readonly KeptBucket[], stage: string): void {
  if (kept.length === 0) return;
  throw new GraftError(
    'BucketsKept',
    `An earlier deployment of stage ${stage} has left its buckets: ${kept.map(({ name }) => name).join(', ')}`,
    {
      hint: 'To go on with what is in them, deploy with --import-buckets. To begin anew, empty and delete them (docs/deploy.md, "Keep and import the buckets").',
    },
  );
}

/**
 * Makes the stack the owner of existing buckets, by CloudFormation's resource import, which does not change
 * them. Only their names are imported; the deployment that follows sets everything else.
 *
 * @throws GraftError when CloudFormation refuses, with its reason
 */
export async function importBuckets(
  cloudFormation: CloudFormationClient,
  buckets: readonly KeptBucket[],
  stage: string,
): Promise<void> {
  const StackName = stackName(stage);
  const template = await currentTemplate(cloudFormation, StackName);
  const Resources = { ...template.Resources };
  for (const { logicalId, name } of buckets) {
    Resources[logicalId] = {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: { BucketName: name },
    };
  }
  const set = { StackName, ChangeSetName: CHANGE_SET };
  // The change set of an interrupted import. Without a stack there is none.
  await cloudFormation.send(new DeleteChangeSetCommand(set)).catch(ignoreMissingStack);
  await cloudFormation.send(
    new CreateChangeSetCommand({
      ...set,
      ChangeSetType: 'IMPORT',
      TemplateBody: JSON.stringify({ ...template, Resources }),
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      ResourcesToImport: buckets.map(({ logicalId, name }) => ({
        ResourceType: 'AWS::S3::Bucket',
        LogicalResourceId: logicalId,
        ResourceIdentifier: { BucketName: name },
      })),
    }),
  );
  const waiting = { client: cloudFormation, maxWaitTime: LONGEST_WAIT_SECONDS };
  await waitUntilChangeSetCreateComplete(waiting, set);
  await cloudFormation.send(new ExecuteChangeSetCommand(set));
  await waitUntilStackImportComplete(waiting, { StackName });
}

interface StackTemplate {
  Resources?: Record<string, unknown>;
}

/** An import may change nothing else, so its template begins with the stack's present one. */
async function currentTemplate(client: CloudFormationClient, StackName: string): Promise<StackTemplate> {
  try {
    const { TemplateBody = '{}' } = await client.send(
      new GetTemplateCommand({ StackName, TemplateStage: 'Original' }),
    );
    return JSON.parse(TemplateBody) as StackTemplate;
  } catch (error) {
    if (isMissing(error)) return { Resources: {} };
    throw error;
  }
}

function ignoreMissingStack(error: unknown): void {
  if (!isMissing(error) && (error as Error).name !== 'ChangeSetNotFoundException') throw error;
}
