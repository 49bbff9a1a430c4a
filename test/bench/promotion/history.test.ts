import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { countTransitions, stateDurations } from '../../../bench/promotion/history.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const entered = (id: number, previousEventId: number, name: string, seconds: number): HistoryEvent => ({
  ...{ id, previousEventId, type: 'TaskStateEntered', timestamp: at(seconds) },
  stateEnteredEventDetails: { name },
});
const exited = (id: number, previousEventId: number, name: string, seconds: number): HistoryEvent => ({
  ...{ id, previousEventId, type: 'TaskStateExited', timestamp: at(seconds) },
  stateExitedEventDetails: { name },
});
const event = (id: number, previousEventId: number, type: string, seconds = 0): HistoryEvent =>
  ({ id, previousEventId, type, timestamp: at(seconds) }) as HistoryEvent;

/** Two iterations of a Map that go on side by side; the task of the first is retried once. */
const history = [
  event(1, 0, 'ExecutionStarted'),
  { ...event(2, 1, 'MapStateEntered'), stateEnteredEventDetails: { name: 'Domains' } },
  event(3, 2, 'MapStateStarted'),
  event(4, 3, 'MapIterationStarted'),
  event(5, 3, 'MapIterationStarted'),
  entered(6, 4, 'Deploy', 1),
  entered(7, 5, 'Deploy', 2),
  event(8, 6, 'TaskScheduled', 1),
  event(9, 7, 'TaskScheduled', 2),
  event(10, 8, 'TaskFailed', 3),
  event(11, 10, 'TaskScheduled', 4),
  event(12, 9, 'TaskSucceeded', 5),
  exited(13, 12, 'Deploy', 5),
  event(14, 11, 'TaskSucceeded', 9),
  exited(15, 14, 'Deploy', 9),
];

describe('the history of an execution', () => {
  test('counts states and retries as transitions, and iterations not', () => {
    expect(countTransitions(history)).toBe(4);
  });

  test('tells how long each visit to a state took, though others went on meanwhile', () => {
    expect(stateDurations(history)).toEqual([
      { state: 'Deploy', milliseconds: 8_000 },
      { state: 'Deploy', milliseconds: 3_000 },
    ]);
  });
});
