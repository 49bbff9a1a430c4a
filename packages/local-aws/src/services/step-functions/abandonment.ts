import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Scope } from './scope.ts';

/** State types with a `…StateAborted` event. */
const ABORTABLE = new Set(['Task', 'Wait', 'Map', 'Parallel']);

/** Writes into history which states were running in a workflow when it was abandoned, the innermost first. */
export function recordAbandoned(scope: Scope, flow: { last: number }): void {
  for (const inner of scope.inner) recordAbandoned(inner, flow);
  const visit = scope.current;
  if (!visit || !ABORTABLE.has(visit.type)) return;
  // A Map or Parallel that failed has said so with `…StateFailed`.
  if (scope.run.progress.recall(`${visit.key}/failed`)) return;
  scope.run.progress.event(flow, `${visit.key}/aborted`, `${visit.type}StateAborted` as HistoryEventType, {
    advance: false,
  });
}
