import { GetExecutionHistoryCommand, type HistoryEvent } from '@aws-sdk/client-sfn';
import { mapBounded } from '#core/bounded.ts';
import { executionArnOf } from '#core/names.ts';
import type { Attention } from '../contracts/domains.ts';
import type { ExecutionRow } from '../contracts/promotions.ts';
import { executionRows } from './executions.ts';
import { lastOutcomes } from './last-outcomes.ts';
import type { ConsoleServices } from './services.ts';

/** Events at the end of a history among which a quota's refusal is looked for. */
const LAST_EVENTS = 40;

/** What needs a person: questions, what waits for a quota, and the newest promotions that ended badly. */
export async function findAttention(
  services: ConsoleServices,
): Promise<{ attention: Attention[]; running: ExecutionRow[] }> {
  const [approvals, running, ended] = await Promise.all([
    services.store.approvals.list(),
    executionRows(services, 'RUNNING', undefined),
    lastOutcomes(services),
  ]);
  const waiting = await mapBounded(running.rows, 4, (row) => quotaWait(services, row));
  return {
    running: running.rows,
    attention: [
      ...approvals.map(
        ({ domain, execution, expiresAt, askedAt, model, version, transferAccuracy }): Attention => ({
          kind: 'APPROVAL',
          domain,
          execution,
          text: `${model} ${version} waits for your answer until ${expiresAt}; accuracy ${transferAccuracy.toFixed(3)}`,
          at: askedAt,
        }),
      ),
      ...waiting.filter((each) => each !== undefined),
      ...ended,
    ],
  };
}

/** Whether the last thing that happened to a state was that a quota is used up. */
async function quotaWait(
  { sfn, stateMachineArn }: ConsoleServices,
  { execution, startedAt }: ExecutionRow,
): Promise<Attention | undefined> {
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({
      executionArn: executionArnOf(stateMachineArn, execution),
      reverseOrder: true,
      maxResults: LAST_EVENTS,
      includeExecutionData: false,
    }),
  );
  const refused = events.find((event) => errorOf(event)?.error === 'LimitReached');
  if (refused === undefined) return undefined;
  const at = refused.timestamp?.toISOString() ?? startedAt;
  return { kind: 'QUOTA', execution, text: errorOf(refused)?.cause ?? 'A quota of SageMaker is used up', at };
}

const errorOf = ({ lambdaFunctionFailedEventDetails, taskFailedEventDetails }: HistoryEvent) =>
  taskFailedEventDetails ?? lambdaFunctionFailedEventDetails;
