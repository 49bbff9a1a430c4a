import { createHash } from 'node:crypto';
import { GetExecutionHistoryCommand, type HistoryEvent } from '@aws-sdk/client-sfn';
import { mapBounded } from '#core/bounded.ts';
import { executionArnOf } from '#core/names.ts';
import type { Attention, News } from '../contracts/domains.ts';
import type { ExecutionRow } from '../contracts/promotions.ts';
import type { ReadExecutions } from './executions.ts';
import { lastOutcomes } from './last-outcomes.ts';
import type { ConsoleServices } from './services.ts';

/** Events at the end of a history among which a quota's refusal is looked for. */
const LAST_EVENTS = 40;
/** The newest executions that are looked at. */
const NEWEST = 30;

/** What needs a person: questions, what waits for a quota, and the newest promotions that ended badly. */
export async function findNews(services: ConsoleServices, readExecutions: ReadExecutions): Promise<News> {
  const [approvals, running, newest] = await Promise.all([
    services.store.approvals.list(),
    readExecutions({ status: 'RUNNING' }),
    readExecutions({ size: NEWEST }),
  ]);
  const rows = running.rows.map(({ row }) => row);
  const waiting = await mapBounded(rows, 4, (row) => quotaWait(services, row));
  return {
    running: rows,
    changes: createHash('sha256')
      .update(
        JSON.stringify([approvals.map(nameOf), [...rows, ...newest.rows.map(({ row }) => row)].map(nameOf)]),
      )
      .digest('hex')
      .slice(0, 16),
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
      ...lastOutcomes(newest.rows),
    ],
  };
}

/** Of an approval or an execution: it is another one when the execution ends. */
const nameOf = ({ execution, endedAt = '' }: { execution: string; endedAt?: string }) =>
  `${execution} ${endedAt}`;

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
