import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DescribeEndpointCommand } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { isNoSuchObject } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { Champion, Outcome } from '#core/contracts/outcome.ts';
import { decisionKey, deploymentLockKey, outcomeKey } from '#core/keys.ts';
import { buckets } from '../functions/stage.ts';
import { imageText, stateMachineArn } from '../statemachines/stack.ts';
import type { Stage } from './stage.ts';

export const DOMAIN = 'produce';
export const PREFIX = 'graft-test';
export const ENDPOINT = `${PREFIX}-${DOMAIN}`;

/** An execution and what it left. */
export interface ExecutionSeen {
  name: string;
  status: string;
  /** Why the execution itself failed. */
  cause?: string;
  outcome?: Pick<Outcome, 'outcome' | 'reason' | 'version'>;
  decision?: { decision: 'PROMOTE' | 'REJECT'; forced?: unknown };
}

/** How everything stands after a run. */
export interface Evidence {
  executions: ExecutionSeen[];
  champion?: Pick<Champion, 'version' | 'execution' | 'endpointConfig' | 'trainingJob' | 'rolledBackFrom'>;
  /** Executions whose model has ever been champion. */
  championExecutions: string[];
  endpoint?: { status: string; config: string };
  /** Which model answers for a test image, or what went wrong. */
  answer?: { trainingJob: string; label: string } | { error: string };
  /** Name of the execution that holds the deployment lock. */
  lock?: string;
}

export async function observe(stage: Stage): Promise<Evidence> {
  const { s3 } = stage;
  const list = await stage.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: stateMachineArn('promote-model') }),
  );
  const executions = await Promise.all(
    (list.executions ?? []).reverse().map(async ({ name, executionArn }): Promise<ExecutionSeen> => {
      const { status, cause } = await stage.sfn.send(new DescribeExecutionCommand({ executionArn }));
      const outcome = await json<Outcome>(s3, outcomeKey(name!, DOMAIN));
      const decision = await json<NonNullable<ExecutionSeen['decision']>>(s3, decisionKey(name!, DOMAIN));
      return {
        name: name!,
        status: status!,
        ...(cause === undefined ? {} : { cause }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(decision === undefined ? {} : { decision }),
      };
    }),
  );
  const store = promotionStore(s3, buckets.artifacts);
  const champion = (await store.champions.find(DOMAIN))?.champion;
  const history = await store.championHistory.list(DOMAIN);
  const lock = await json<{ execution: string }>(s3, deploymentLockKey(DOMAIN));
  const endpoint = await endpointOf(stage);
  return {
    executions,
    ...(champion === undefined ? {} : { champion }),
    championExecutions: history.map(({ execution }) => execution),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(endpoint?.status === 'InService' ? { answer: await ask(stage) } : {}),
    ...(lock === undefined ? {} : { lock: lock.execution }),
  };
}

export async function endpointOf({ sagemaker }: Stage): Promise<Evidence['endpoint']> {
  try {
    const found = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: ENDPOINT }));
    return { status: found.EndpointStatus!, config: found.EndpointConfigName! };
  } catch (error) {
    if (/could not find/i.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** What the endpoint says about the first test image. */
export async function ask({ runtime }: Stage): Promise<NonNullable<Evidence['answer']>> {
  try {
    const { Body } = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: ENDPOINT,
        Body: imageText('test', 'apple', 0),
        ContentType: 'image/png',
      }),
    );
    const { trainingJob, predictions } = JSON.parse(new TextDecoder().decode(Body));
    return { trainingJob, label: predictions[0].label };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function json<Value>(s3: S3Client, Key: string): Promise<Value | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: buckets.artifacts, Key }));
    return JSON.parse(await Body!.transformToString()) as Value;
  } catch (error) {
    if (isNoSuchObject(error)) return undefined;
    throw error;
  }
}
