import { rmSync } from 'node:fs';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelPackageCommand,
  ListModelPackagesCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { BusEvent, ServiceFactory } from 'local-aws';
import {
  createCloudWatch,
  createEcr,
  createLogs,
  createS3,
  createSageMaker,
  createSageMakerRuntime,
  createSns,
  createStepFunctions,
} from 'local-aws/services';
import { ShiftedClock, startLocal } from 'local-aws/testing';
import type { DomainInput } from '#core/contracts/domain.ts';
import type { Outcome } from '#core/contracts/outcome.ts';
import { outcomeKey } from '#core/keys.ts';
import { generateSigningKeys } from '#core/signature.ts';
import { containerPrograms } from '../../scripts/local-container.ts';
import { buckets } from '../functions/stage.ts';
import { scriptedContainer } from './container.ts';
import { callFunction } from './functions.ts';
import { createInProcessLambda } from './in-process-lambda.ts';
import {
  functionEnvironment,
  machineTemplate,
  pushDomain,
  pushModel,
  put,
  stateMachineArn,
} from './stack.ts';

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

/** What the rules in `serverless.yml` bring to the function that hears SageMaker's events. */
const heard = ['SageMaker Training Job State Change', 'SageMaker Endpoint State Change'];

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
      if (deaf || !heard.includes(event['detail-type'])) return;
      for (let delivery = 0; delivery < 2; delivery++) {
        await callFunction('ResumePromotion', event).catch((error: unknown) => problems.push(error));
      }
    },
  });
  const clock = new ShiftedClock();
  const local = await startLocal({
    clock,
    services: [
      bus,
      createInProcessLambda(callFunction),
      createLogs,
      createCloudWatch,
      createEcr,
      createS3,
      createSageMaker(containerPrograms(containerFolder)),
      createSageMakerRuntime,
      createSns,
      createStepFunctions,
    ],
    template: machineTemplate({ impatient }),
  });
  const keys = generateSigningKeys();
  Object.assign(process.env, functionEnvironment(local.endpoint, keys.publicKey));
  const s3 = local.client(S3Client);
  const sfn = local.client(SFNClient);
  const sagemaker = local.client(SageMakerClient);
  const runtime = local.client(SageMakerRuntimeClient);
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
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
    pushModel: (version: string) => pushModel(s3, keys.privateKey, version),
    pushDomain: (name: string, settings: Partial<DomainInput> = {}) => pushDomain(s3, name, settings),
    put: (bucket: string, key: string, body: string | Uint8Array) => put(s3, bucket, key, body),
    s3,
    sfn,
    sagemaker,
    runtime,
    /** A client of another service. */
    client: local.client,
    /** Runs one execution to its end. */
    async promote(name: string, input: object, machine = 'promote-model') {
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({
          stateMachineArn: stateMachineArn(machine),
          name,
          input: JSON.stringify(input),
        }),
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
