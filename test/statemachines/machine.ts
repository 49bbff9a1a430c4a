import { readFileSync, rmSync } from 'node:fs';
import * as lambdaSchemas from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelPackageCommand,
  ListModelPackagesCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Context } from 'aws-lambda';
import type { DomainInput } from '#core/contracts/domain.ts';
import type { Outcome } from '#core/contracts/outcome.ts';
import { generalModelPrefix, manifestKey, outcomeKey, signatureKey } from '#core/keys.ts';
import { generateSigningKeys, signBytes } from '#core/signature.ts';
import type { BusEvent, ServiceFactory } from '../../local/service.ts';
import { createCloudWatch } from '../../local/services/cloudwatch/index.ts';
import { createLogs } from '../../local/services/logs/index.ts';
import { createS3 } from '../../local/services/s3/index.ts';
import { createSageMakerWith } from '../../local/services/sagemaker/index.ts';
import { createSageMakerRuntime } from '../../local/services/sagemaker-runtime/index.ts';
import { createSns } from '../../local/services/sns/index.ts';
import { createStepFunctions } from '../../local/services/step-functions/index.ts';
import { domain, manifest, modelFiles } from '../functions/samples.ts';
import { buckets } from '../functions/stage.ts';
import { startLocal } from '../local/harness.ts';
import { ShiftedClock } from '../local/shifted-clock.ts';
import { scriptedContainer } from './container.ts';

/** Functions by state, wrapped as they are deployed. */
const functions = {
  VerifyModel: () => import('../../functions/verify-model.ts'),
  PrepareDomain: () => import('../../functions/prepare-domain.ts'),
  StartFineTuning: () => import('../../functions/start-fine-tuning.ts'),
  StartBaseline: () => import('../../functions/start-baseline.ts'),
  FindTraining: () => import('../../functions/find-training.ts'),
  EvaluateGate: () => import('../../functions/evaluate-gate.ts'),
  AwaitApproval: () => import('../../functions/await-approval.ts'),
  DeployEndpoint: () => import('../../functions/deploy-endpoint.ts'),
  ConfirmEndpoint: () => import('../../functions/confirm-endpoint.ts'),
  RestoreEndpoint: () => import('../../functions/restore-endpoint.ts'),
  RollBackEndpoint: () => import('../../functions/roll-back-endpoint.ts'),
  FinishDomain: () => import('../../functions/finish-domain.ts'),
  RegisterModel: () => import('../../functions/register-model.ts'),
  WriteReport: () => import('../../functions/write-report.ts'),
  FinishPromotion: () => import('../../functions/finish-promotion.ts'),
  ResumePromotion: () => import('../../functions/resume-promotion.ts'),
};
type Name = keyof typeof functions;

async function call(name: string, event: unknown): Promise<unknown> {
  const { handler } = (await functions[name as Name]()) as unknown as {
    handler: (event: unknown, context: Context) => unknown;
  };
  return handler(event, {} as Context);
}

/** Lambda, reduced to calling the handlers in this process. */
const createLambda: ServiceFactory = () => ({
  signingName: 'lambda',
  protocol: 'rest-json',
  schemas: lambdaSchemas,
  operations: {
    async Invoke({ FunctionName, Payload }: { FunctionName: string; Payload: Uint8Array }) {
      try {
        const result = await call(
          FunctionName.split(':').at(-1)!,
          JSON.parse(Buffer.from(Payload).toString()),
        );
        return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(result ?? null)) };
      } catch (error) {
        const { name: errorType, message: errorMessage } = error as Error;
        const report = JSON.stringify({ errorType, errorMessage, trace: [] });
        return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(report) };
      }
    },
  },
});

const definition = JSON.parse(readFileSync('statemachines/promote-model.asl.json', 'utf8'));
const arnOf = (name: string) => `arn:aws:lambda:eu-central-1:000000000000:function:${name}`;
const stateMachine = (name: string, Definition: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: 'arn:aws:iam::000000000000:role/machine',
    Definition,
    DefinitionSubstitutions: Object.fromEntries(Object.keys(functions).map((key) => [key, arnOf(key)])),
  },
});

/** The same machine with a second for a quarter of an hour wherever it waits for news. */
function impatient(value: unknown): object {
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'object' ? impatient(one) : one));
  const copy = Object.fromEntries(
    Object.entries(value as object).map(([key, inner]) => [
      key,
      typeof inner === 'object' && inner !== null ? impatient(inner) : inner,
    ]),
  );
  const waits = String(copy.Resource).endsWith('.waitForTaskToken');
  return waits ? { ...copy, TimeoutSeconds: 1 } : copy;
}

export type Machine = Awaited<ReturnType<typeof startMachine>>;

/** The state machine with its real functions over the local AWS; only the container is a scripted one. */
export async function startMachine() {
  const containerFolder = scriptedContainer();
  let deaf = false;
  const problems: unknown[] = [];
  const bus: ServiceFactory = () => ({
    signingName: 'bus',
    protocol: 'json-1.0',
    schemas: {},
    operations: {},
    /** Every event twice, since SageMaker may send several per change. */
    async onBusEvent(event: BusEvent) {
      if (deaf || event.source !== 'aws.sagemaker') return;
      for (let delivery = 0; delivery < 2; delivery++) {
        await call('ResumePromotion', event).catch((error: unknown) => problems.push(error));
      }
    },
  });
  const clock = new ShiftedClock();
  const local = await startLocal({
    clock,
    services: [
      bus,
      createLambda,
      createLogs,
      createCloudWatch,
      createS3,
      createSageMakerWith({ containerFolder, concurrentJobs: 2 }),
      createSageMakerRuntime,
      createSns,
      createStepFunctions,
    ],
    template: {
      Resources: {
        Repository: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'graft-test' } },
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } },
        PromoteModel: stateMachine('promote-model', definition),
        Impatient: stateMachine('impatient', impatient(definition)),
      },
    },
  });
  const keys = generateSigningKeys();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: local.endpoint,
    AWS_REGION: local.world.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    GRAFT_MODELS_BUCKET: buckets.models,
    GRAFT_DATA_BUCKET: buckets.data,
    GRAFT_ARTIFACTS_BUCKET: buckets.artifacts,
    GRAFT_SIGNING_PUBLIC_KEYS: keys.publicKey,
    GRAFT_TRAINING_IMAGE: '000000000000.dkr.ecr.eu-central-1.amazonaws.com/graft-test:1',
    GRAFT_SAGEMAKER_ROLE_ARN: 'arn:aws:iam::000000000000:role/sagemaker',
    GRAFT_ENDPOINT_PREFIX: 'graft-test',
    GRAFT_TOPIC_ARN: 'arn:aws:sns:eu-central-1:000000000000:notices',
  });
  const s3 = local.client(S3Client);
  const sfn = local.client(SFNClient);
  const sagemaker = local.client(SageMakerClient);
  const runtime = local.client(SageMakerRuntimeClient);
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Bucket: string, Key: string, Body: string | Uint8Array) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  async function json(Key: string) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: buckets.artifacts, Key }));
    return JSON.parse(await Body!.transformToString());
  }

  /** The end of an execution. */
  async function ended(executionArn: string) {
    for (;;) {
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status !== 'RUNNING') return execution;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  return {
    /** Errors of the function that hears SageMaker's events. */
    problems,
    json,
    /** From now on no event of SageMaker arrives. */
    loseEvents: () => {
      deaf = true;
    },
    async pushModel(version: string) {
      const bytes = Buffer.from(JSON.stringify(manifest({ version })));
      for (const [name, text] of Object.entries(modelFiles)) {
        await put(buckets.models, `${generalModelPrefix('icons', version)}${name}`, text);
      }
      await put(buckets.models, signatureKey('icons', version), signBytes(bytes, keys.privateKey));
      await put(buckets.models, manifestKey('icons', version), bytes);
    },
    async pushDomain(name: string, settings: Partial<DomainInput> = {}) {
      const gate = {
        minimumAccuracy: 0.5,
        minimumUplift: 0.1,
        minimumRecall: 0.3,
        minimumTestImages: 12,
        significance: 0.05,
      };
      const images = ['train', 'test'].flatMap((split) =>
        ['apple', 'banana'].flatMap((label) =>
          [0, 1, 2, 3, 4, 5].map((n) => [`${split}/${label}/${n}.png`, `${split} ${label} ${n}`] as const),
        ),
      );
      await Promise.all(images.map(([key, text]) => put(buckets.data, `domains/${name}/${key}`, text)));
      await put(
        buckets.data,
        `domains/${name}/domain.json`,
        JSON.stringify(domain({ domain: name, gate, ...settings })),
      );
    },
    put,
    s3,
    sfn,
    sagemaker,
    /** Runs one execution to its end. */
    async promote(name: string, input: object, machine = 'promote-model') {
      const stateMachineArn = `arn:aws:states:eu-central-1:000000000000:stateMachine:${machine}`;
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
      );
      return ended(executionArn!);
    },
    ended,
    outcome: (execution: string, name: string): Promise<Outcome> => json(outcomeKey(execution, name)),
    /** Puts the clock forward. */
    advance: (milliseconds: number) => clock.advance(milliseconds),
    /** Asks an endpoint, whatever it answers. */
    async ask(name: string) {
      const EndpointName = `graft-test-${name}`;
      await runtime
        .send(new InvokeEndpointCommand({ EndpointName, Body: 'apple 0', ContentType: 'image/png' }))
        .catch(() => {});
    },
    configExists: (EndpointConfigName: string) =>
      sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName })).then(
        () => true,
        () => false,
      ),
    /** Status and configuration, or undefined when there is no endpoint. */
    async endpoint(name: string) {
      try {
        const { EndpointStatus, EndpointConfigName } = await sagemaker.send(
          new DescribeEndpointCommand({ EndpointName: `graft-test-${name}` }),
        );
        return { status: EndpointStatus, config: EndpointConfigName };
      } catch {
        return undefined;
      }
    },
    /** A domain's versions in the model registry, newest first; none when it has no group. */
    async registered(name: string) {
      const page = await sagemaker
        .send(new ListModelPackagesCommand({ ModelPackageGroupName: `graft-test-${name}` }))
        .catch((error: Error) => {
          if (/does not exist/.test(error.message)) return { ModelPackageSummaryList: [] };
          throw error;
        });
      return Promise.all(
        page.ModelPackageSummaryList!.map(({ ModelPackageArn }) =>
          sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: ModelPackageArn })),
        ),
      );
    },
    async stop() {
      await local.stop();
      rmSync(containerFolder, { recursive: true, force: true });
    },
  };
}
