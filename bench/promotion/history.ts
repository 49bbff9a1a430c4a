import { type HistoryEvent, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';

export async function readHistory(client: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn, maxResults: 1000 })) {
    events.push(...(page.events ?? []));
  }
  return events;
}

/**
 * State transitions that AWS charges for: every state entered, and every retry of a task, which shows as
 * another `TaskScheduled` of the same visit (https://aws.amazon.com/step-functions/pricing/). Iterations of
 * an inline Map are none (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html).
 */
export function countTransitions(events: readonly HistoryEvent[]): number {
  const count = (matches: (type: string) => boolean) => events.filter(({ type }) => matches(type!)).length;
  const retries = count((type) => type === 'TaskScheduled') - count((type) => type === 'TaskStateEntered');
  return count((type) => type.endsWith('StateEntered')) + Math.max(0, retries);
}

/**
 * Milliseconds between entering and leaving each state, in the order of entering. A state that is entered
 * twice has two entries.
 */
export function stateDurations(events: readonly HistoryEvent[]): { state: string; milliseconds: number }[] {
  const byId = new Map(events.map((event) => [event.id!, event]));
  const durations: { state: string; entered: number; milliseconds: number }[] = [];
  for (const event of events) {
    const state = event.stateExitedEventDetails?.name;
    if (state === undefined) continue;
    // Back to the visit's own entry: what happened within it stands in between.
    let before: HistoryEvent | undefined = event;
    while (before !== undefined && before.stateEnteredEventDetails?.name !== state) {
      before = byId.get(before.previousEventId ?? 0);
    }
    const entered = before?.timestamp?.getTime();
    if (entered === undefined) continue;
    durations.push({ state, entered, milliseconds: event.timestamp!.getTime() - entered });
  }
  return durations
    .sort((a, b) => a.entered - b.entered)
    .map(({ state, milliseconds }) => ({ state, milliseconds }));
}
