import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { decisionSchema } from '#core/contracts/decision.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import { outcomeSchema } from '#core/contracts/outcome.ts';
import { GraftError } from '#core/errors.ts';
import { decisionKey, evaluationKey, outcomeKey, reportKey } from '#core/keys.ts';
import { executionArnOf, executionName } from '#core/names.ts';

const POLL_MS = 300;
/** Milliseconds to wait for the execution. The event usually takes milliseconds here. */
const START_LIMIT_MS = 30_000;

export interface Promotion {
  name: string;
  status: string;
  cause: string | undefined;
}

/**
 * Waits until the execution that the S3 event started has ended. This function does not start it.
 *
 * @param onState is called with the running states whenever they change
 * @throws GraftError when no execution appears
 */
export async function followPromotion(
  client: SFNClient,
  stateMachineArn: string,
  model: { model: string; version: string },
  onState: (running: readonly string[]) => void,
): Promise<Promotion> {
  const name = executionName(model.model, model.version);
  const executionArn = executionArnOf(stateMachineArn, name);
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const execution = await describeExecution(client, executionArn);
    if (execution === undefined) {
      if (performance.now() > deadline) {
        throw new GraftError(
          'NoPromotion',
          `The S3 event did not start ${name} within ${START_LIMIT_MS / 1000} s`,
          {
            hint: 'Look into the log of the local AWS for "startPromotion".',
          },
        );
      }
    } else if (execution.status !== 'RUNNING') {
      return { name, status: execution.status ?? 'UNKNOWN', cause: execution.cause };
    } else {
      onState(await runningStates(client, executionArn));
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Undefined where there is none yet. */
export async function describeExecution(
  client: SFNClient,
  executionArn: string,
): Promise<DescribeExecutionOutput | undefined> {
  try {
    return await client.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

/** Tasks that have been entered and not left, in the order of their start. */
async function runningStates(client: SFNClient, executionArn: string): Promise<string[]> {
  const running: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
    for (const event of page.events ?? []) {
      const entered = event.type === 'TaskStateEntered' ? event.stateEnteredEventDetails?.name : undefined;
      const left = event.type === 'TaskStateExited' ? event.stateExitedEventDetails?.name : undefined;
      if (entered !== undefined) running.push(entered);
      if (left !== undefined && running.includes(left)) running.splice(running.indexOf(left), 1);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return running;
}

/** One domain's part of a promotion, and where its files are. */
export interface DomainPromotion {
  artifacts: Bucket;
  execution: string;
  domain: string;
}

/** What the promotion wrote about one domain. A part that it did not reach is undefined. */
export async function readResults({ artifacts, execution, domain }: DomainPromotion) {
  const [transfer, baseline, decision, outcome] = await Promise.all([
    artifacts.findJson(evaluationKey(execution, domain, 'transfer'), evaluationSchema),
    artifacts.findJson(evaluationKey(execution, domain, 'baseline'), evaluationSchema),
    artifacts.findJson(decisionKey(execution, domain), decisionSchema),
    artifacts.findJson(outcomeKey(execution, domain), outcomeSchema),
  ]);
  return { transfer, baseline, decision, outcome };
}
export type PromotionResults = Awaited<ReturnType<typeof readResults>>;

/**
 * Downloads the domain's report to `path`.
 *
 * @returns whether there is one: a promotion can end without a report
 */
export async function downloadReport(
  { artifacts, execution, domain }: DomainPromotion,
  path: string,
): Promise<boolean> {
  const report = await artifacts.find(reportKey(execution, domain, 'html'));
  if (report === undefined) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, report.bytes);
  return true;
}
