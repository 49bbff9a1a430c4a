import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { CreateLogGroupCommand, CreateLogStreamCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  CreateTrainingJobCommand,
  CreateTransformJobCommand,
} from '@aws-sdk/client-sagemaker';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ANY_ROLE, BUCKET, endpointIs, IMAGE, jobInput, type Machine, ROLE, tar } from 'local-aws/testing';
import type { Clients } from '../../../scripts/remove/clients.ts';

/** A state machine whose executions wait for a day. */
export const stateMachine = (stage: string) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: `graft-${stage}-promote-model`,
    RoleArn: ANY_ROLE,
    Definition: {
      QueryLanguage: 'JSONata',
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 86_400, End: true } },
    },
  },
});

export const executionArn = (stage: string) =>
  `arn:aws:states:eu-central-1:000000000000:execution:graft-${stage}-promote-model:promote-1`;

/** What promotions of a stage leave, one or two of each kind. */
export async function makeStage(stage: string, machine: Machine, clients: Clients): Promise<void> {
  const { sagemaker } = clients;
  const prefix = `graft-${stage}-`;
  await machine.put('pictures/0.png', 'image');
  await machine.put('settings.json', '{}');
  await machine.put('model.tar.gz', await tar({ 'behaviour.json': '{}' }));
  for (const name of ['produce-1', 'produce-2']) {
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: `${prefix}${name}`,
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/model.tar.gz` },
      }),
    );
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: `${prefix}${name}`,
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: `${prefix}${name}`,
            ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
          },
        ],
      }),
    );
  }
  const endpoint = `${prefix}produce`;
  await sagemaker.send(
    new CreateEndpointCommand({ EndpointName: endpoint, EndpointConfigName: `${prefix}produce-2` }),
  );
  await machine.event(endpointIs(endpoint, 'IN_SERVICE'));

  await sagemaker.send(new CreateTrainingJobCommand(jobInput(`${prefix}produce-ended`)));
  const waiting = jobInput(`${prefix}produce-running`, { HyperParameters: { do: 'wait' } });
  await sagemaker.send(new CreateTrainingJobCommand(waiting));

  await machine.put('photographs/0.png', 'hold');
  const photographs = { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/photographs/` } as const;
  await sagemaker.send(
    new CreateTransformJobCommand({
      TransformJobName: `${prefix}batch-1-2`,
      ModelName: `${prefix}produce-1`,
      TransformInput: { DataSource: { S3DataSource: photographs } },
      TransformOutput: { S3OutputPath: `s3://${BUCKET}/results` },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    }),
  );

  await sagemaker.send(new CreateModelPackageGroupCommand({ ModelPackageGroupName: endpoint }));
  for (let version = 1; version <= 12; version++) {
    await sagemaker.send(
      new CreateModelPackageCommand({
        ModelPackageGroupName: endpoint,
        InferenceSpecification: {
          Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/model.tar.gz` }],
          SupportedContentTypes: ['image/png'],
          SupportedResponseMIMETypes: ['application/json'],
        },
      }),
    );
  }
  await clients.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: `rollout-${endpoint}-0123456789ab-errors`,
      Namespace: 'AWS/SageMaker',
      MetricName: 'Invocation5XXErrors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );
  await clients.states.send(
    new StartExecutionCommand({
      stateMachineArn: executionArn(stage)
        .replace(/:execution:/, ':stateMachine:')
        .replace(/:promote-1$/, ''),
      name: 'promote-1',
    }),
  );
  await makeLogs(stage, clients);
  await makeBucket(stage, clients);
}

async function makeLogs(stage: string, { logs }: Clients): Promise<void> {
  // All stages have this group together, with a stream of each batch's container.
  const group = { logGroupName: '/aws/sagemaker/TransformJobs' };
  if (stage === 'dev') await logs.send(new CreateLogGroupCommand(group));
  const logStreamName = `graft-${stage}-batch-1-2/host`;
  await logs.send(new CreateLogStreamCommand({ ...group, logStreamName }));
  for (const logGroupName of [
    `/aws/lambda/graft-${stage}-predict`,
    `/aws/vendedlogs/states/graft-${stage}-promote-model`,
    `/aws/api-gateway/graft-${stage}`,
  ]) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'one' }));
  }
}

/** With two versions, a delete marker and an upload that was never completed. */
async function makeBucket(stage: string, { s3 }: Clients): Promise<void> {
  const Bucket = `graft-${stage}-models-000000000000-eu-central-1`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  for (const Body of ['one', 'two']) await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }));
}
