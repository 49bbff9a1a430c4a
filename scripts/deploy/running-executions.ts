import { ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { GraftError } from '#core/errors.ts';

export interface RunningExecution {
  name: string;
  startedAt: Date;
}

/** How many executions a message names. */
const MOST_NAMED = 10;

/** Promotions that are running, the newest first; none if the state machine does not exist yet. */
export async function listRunningExecutions(
  sfn: SFNClient,
  stateMachineArn: string,
): Promise<RunningExecution[]> {
  const running: RunningExecution[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await sfn.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken }),
      );
      for (const { name, startDate } of page.executions ?? []) {
        running.push({ name: name!, startedAt: startDate! });
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  } catch (error) {
    if ((error as Error).name !== 'StateMachineDoesNotExist') throw error;
  }
  return running;
}

/**
 * A running promotion keeps its definition, but its next states call the new functions. Functions of another
 * version of Graft may not understand what the earlier states have left
 * (docs/decisions/deploying-beside-promotions.md).
 *
 * @throws GraftError that names the running promotions
 */
export function refuseRunningExecutions(running: readonly RunningExecution[], stateMachineArn: string): void {
  if (running.length === 0) return;
  const named = running
    .slice(0, MOST_NAMED)
    .map(({ name, startedAt }) => `\n  ${name} (since ${startedAt.toISOString()})`);
  const more = running.length > MOST_NAMED ? `\n  and ${running.length - MOST_NAMED} more` : '';
  const execution = stateMachineArn.replace(':stateMachine:', ':execution:');
  throw new GraftError(
    'PromotionsRunning',
    `${running.length === 1 ? 'A promotion is' : `${running.length} promotions are`} under way, and would go on with the new functions:${named.join('')}${more}`,
    {
      hint: `Wait for them; or end one (aws stepfunctions stop-execution --execution-arn ${execution}:<name>) and start it again afterwards; or deploy with --while-running where the new version says that it goes on with them.`,
    },
  );
}
