import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { progressOf } from '../../console/server/history.ts';

/**
 * Events in the form of Step Functions: an event's id is its place, and it names the one before it in its
 * branch.
 */
function events(...given: [type: string, before: number, more?: Partial<HistoryEvent>][]): HistoryEvent[] {
  return given.map(([type, previousEventId, more], index) => ({
    id: index + 1,
    type: type as HistoryEvent['type'],
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
    previousEventId,
    ...more,
  }));
}
const enters = (name: string) => ({ stateEnteredEventDetails: { name } });
const exits = (name: string) => ({ stateExitedEventDetails: { name } });
const iteration = (index: number) => ({ mapIterationStartedEventDetails: { name: 'PromoteDomains', index } });

const two = events(
  ['ExecutionStarted', 0],
  ['TaskStateEntered', 1, enters('VerifyModel')],
  ['TaskScheduled', 2],
  ['TaskSucceeded', 3],
  ['TaskStateExited', 4, exits('VerifyModel')],
  ['MapStateEntered', 5, enters('PromoteDomains')],
  ['MapStateStarted', 6],
  ['MapIterationStarted', 7, iteration(0)],
  ['MapIterationStarted', 7, iteration(1)],
  ['TaskStateEntered', 8, enters('PrepareDomain')],
  ['TaskStateEntered', 9, enters('PrepareDomain')],
  ['TaskScheduled', 10],
  ['TaskScheduled', 11],
  [
    'TaskFailed',
    12,
    { taskFailedEventDetails: { error: 'Busy', cause: '{"errorMessage":"it changes"}' } as never },
  ],
  ['TaskScheduled', 14],
  ['TaskSucceeded', 13],
  ['TaskStateExited', 16, exits('PrepareDomain')],
);

describe('the progress of states', () => {
  test('is told for each domain by itself, and for what all share', () => {
    expect(progressOf(two, 0)).toMatchObject([
      { name: 'VerifyModel', status: 'done', attempts: 1 },
      { name: 'PrepareDomain', status: 'running', attempts: 2, error: 'Busy: it changes' },
    ]);
    expect(progressOf(two, 1)).toMatchObject([
      { name: 'VerifyModel', status: 'done' },
      { name: 'PrepareDomain', status: 'done', attempts: 1, endedAt: '2026-01-01T00:00:16.000Z' },
    ]);
    expect(progressOf(two, undefined).map(({ name }) => name)).toEqual(['VerifyModel']);
  });

  test('goes on after the map, and begins again where a state is entered again', () => {
    const later = events(
      ['MapStateStarted', 0],
      ['MapIterationStarted', 1, iteration(0)],
      ['TaskStateEntered', 2, enters('AwaitApproval')],
      ['TaskStateExited', 3, exits('AwaitApproval')],
      ['TaskStateEntered', 4, enters('AwaitApproval')],
      ['TaskStateExited', 5, exits('AwaitApproval')],
      ['MapIterationSucceeded', 6],
      ['MapStateSucceeded', 7],
      ['MapStateExited', 8, exits('PromoteDomains')],
      ['TaskStateEntered', 9, enters('FinishPromotion')],
    );
    expect(progressOf(later, 1)).toMatchObject([{ name: 'FinishPromotion', status: 'running' }]);
    expect(progressOf(later, 0)).toMatchObject([
      { name: 'AwaitApproval', startedAt: '2026-01-01T00:00:04.000Z' },
      { name: 'FinishPromotion' },
    ]);
  });

  test('has nothing running when the execution has ended', () => {
    const stopped = [
      ...two,
      ...events(...two.map((): [string, number] => ['', 0]), ['ExecutionAborted', 0]).slice(-1),
    ];
    expect(progressOf(stopped, 0).at(-1)).toMatchObject({ name: 'PrepareDomain', status: 'failed' });
  });
});
