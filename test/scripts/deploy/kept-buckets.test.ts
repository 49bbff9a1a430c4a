import * as cloudformation from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { ServiceError, type ServiceFactory } from 'local-aws';
import { readTemplateFile, readTemplateText } from 'local-aws/formats';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterEach, describe, expect, inject, test } from 'vitest';
import {
  bucketsOf,
  findKeptBuckets,
  importBuckets,
  refuseKeptBuckets,
} from '../../../scripts/deploy/kept-buckets.ts';

const place = { stage: 'dev', region: 'eu-central-1', account: '000000000000' };
const [models, data, artifacts] = bucketsOf(place) as [
  { logicalId: string; name: string },
  { logicalId: string; name: string },
  { logicalId: string; name: string },
];

/** CloudFormation with at most one stack; the requests that change something, in order, are `asked`. */
function cloudFormationWith(stack: { resources: string[]; template: object } | undefined) {
  const asked: [string, Record<string, unknown>][] = [];
  const missing = () => new ServiceError('ValidationError', 'Stack with id graft-dev does not exist');
  const record = (name: string, answer: object) => (input: Record<string, unknown>) => {
    asked.push([name, input]);
    return answer;
  };
  const service: ServiceFactory = () => ({
    signingName: 'cloudformation',
    protocol: 'query',
    schemas: cloudformation,
    operations: {
      DescribeStackResources: () => {
        if (stack === undefined) throw missing();
        return {
          StackResources: stack.resources.map((LogicalResourceId) => ({
            LogicalResourceId,
            ResourceType: 'AWS::S3::Bucket',
            ResourceStatus: 'CREATE_COMPLETE',
            Timestamp: new Date(0),
          })),
        };
      },
      GetTemplate: () => {
        if (stack === undefined) throw missing();
        return { TemplateBody: JSON.stringify(stack.template) };
      },
      DeleteChangeSet: () => {
        if (stack === undefined) throw missing();
        return {};
      },
      CreateChangeSet: record('CreateChangeSet', { Id: 'arn:set' }),
      DescribeChangeSet: () => ({ Status: 'CREATE_COMPLETE' }),
      ExecuteChangeSet: record('ExecuteChangeSet', {}),
      DescribeStacks: () => ({
        Stacks: [{ StackName: 'graft-dev', CreationTime: new Date(0), StackStatus: 'IMPORT_COMPLETE' }],
      }),
    },
  });
  return { service, asked };
}

let local: LocalAws | undefined;
afterEach(async () => {
  await local?.stop();
  local = undefined;
});

async function start(stack: Parameters<typeof cloudFormationWith>[0], buckets: { name: string }[]) {
  const { service, asked } = cloudFormationWith(stack);
  local = await startLocal({ services: [createS3, service] });
  const clients = {
    s3: local.client(S3Client),
    cloudFormation: local.client(cloudformation.CloudFormationClient),
  };
  for (const { name } of buckets) {
    const LocationConstraint = 'eu-central-1';
    await clients.s3.send(
      new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint } }),
    );
  }
  return { ...clients, asked };
}

test('the buckets are those of the template', () => {
  const { Resources } = readTemplateText(readTemplateFile(inject('template')));
  const named = Object.entries(Resources)
    .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'RetainExceptOnCreate')
    .map(([logicalId, { Properties }]) => {
      const { 'Fn::Sub': name } = Properties!.BucketName as { 'Fn::Sub': string };
      return {
        logicalId,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of CloudFormation
        name: name.replace('${AWS::AccountId}', place.account).replace('${AWS::Region}', place.region),
      };
    });

  expect(bucketsOf(place)).toEqual(named);
});

describe('buckets that a removed stack has left', () => {
  test('are found, and a deployment says both ways on', async () => {
    const clients = await start(undefined, [models, artifacts]);

    const kept = await findKeptBuckets(clients, place);

    expect(kept).toEqual([models, artifacts]);
    expect(() => refuseKeptBuckets(kept, 'dev')).toThrow(
      `An earlier deployment of stage dev has left its buckets: ${models.name}, ${artifacts.name}`,
    );
  });

  test('are none where nothing was deployed, and where the stack has them', async () => {
    const fresh = await start(undefined, []);
    expect(await findKeptBuckets(fresh, place)).toEqual([]);
    await local!.stop();

    const resources = [models, data, artifacts].map(({ logicalId }) => logicalId);
    const deployed = await start({ resources, template: {} }, [models, data, artifacts]);
    const kept = await findKeptBuckets(deployed, place);
    expect(kept).toEqual([]);
    expect(() => refuseKeptBuckets(kept, 'dev')).not.toThrow();
  });

  test('become a new stack’s by their names alone', async () => {
    const { cloudFormation, asked } = await start(undefined, [models]);

    await importBuckets(cloudFormation, [models], 'dev');

    expect(asked.map(([name]) => name)).toEqual(['CreateChangeSet', 'ExecuteChangeSet']);
    const [, request] = asked[0]!;
    expect(request).toMatchObject({
      StackName: 'graft-dev',
      ChangeSetType: 'IMPORT',
      ResourcesToImport: [
        {
          ResourceType: 'AWS::S3::Bucket',
          LogicalResourceId: 'ModelsBucket',
          ResourceIdentifier: { BucketName: models.name },
        },
      ],
    });
    expect(JSON.parse(request.TemplateBody as string)).toEqual({
      Resources: {
        ModelsBucket: {
          Type: 'AWS::S3::Bucket',
          DeletionPolicy: 'RetainExceptOnCreate',
          UpdateReplacePolicy: 'Retain',
          Properties: { BucketName: models.name },
        },
      },
    });
  });

  test('join a stack whose first deployment failed, and nothing else of it changes', async () => {
    const template = {
      Description: 'graft',
      Resources: { ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' } },
      Outputs: { ServerlessDeploymentBucketName: { Value: 'b' } },
    };
    const failed = { resources: ['ServerlessDeploymentBucket'], template };
    const { cloudFormation, asked } = await start(failed, [data]);

    await importBuckets(cloudFormation, [data], 'dev');

    const sent = JSON.parse(asked[0]![1].TemplateBody as string);
    const { DataBucket, ...others } = sent.Resources;
    expect(DataBucket.Properties).toEqual({ BucketName: data.name });
    expect({ ...sent, Resources: others }).toEqual(template);
  });
});
