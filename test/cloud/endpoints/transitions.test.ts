import { EndpointStatus } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { type Goal, isChanging, nextStep, type Status, transitions } from '#cloud/endpoints/transitions.ts';

const statuses: Status[] = [...Object.values(EndpointStatus), 'absent'];

/** Rows: what the endpoint is. Columns: deploy, restore, delete. */
const expected: Record<string, [deploy: string, restore: string, remove: string]> = {
  absent: ['create', 'refuse', 'nothing'],
  Creating: ['wait', 'wait', 'wait'],
  Updating: ['wait', 'wait', 'wait'],
  SystemUpdating: ['wait', 'wait', 'wait'],
  RollingBack: ['wait', 'wait', 'wait'],
  InService: ['update', 'update', 'delete'],
  Deleting: ['wait', 'wait', 'nothing'],
  Failed: ['recreate', 'refuse', 'delete'],
  UpdateRollbackFailed: ['refuse', 'refuse', 'delete'],
  OutOfService: ['refuse', 'refuse', 'delete'],
};

const stateOf = (status: Status) =>
  status === 'absent' ? undefined : { status, failureReason: 'no capacity' };
const attempt = (goal: Goal, status: Status) => {
  try {
    return nextStep(goal, 'the-endpoint', stateOf(status));
  } catch (error) {
    return error as Error & { hint?: string };
  }
};

test('the table has every status of the SDK, and no other', () => {
  for (const goal of Object.values(transitions)) {
    expect(Object.keys(goal).sort()).toEqual([...statuses].sort());
  }
  expect(Object.keys(expected).sort()).toEqual([...statuses].sort());
});

describe.each(statuses)('an endpoint that is %s', (status) => {
  const goals: Goal[] = ['deploy', 'restore', 'delete'];

  test.each(goals.map((goal, column) => [goal, expected[status]![column]!] as const))(
    'to %s: %s',
    (goal, action) => {
      const result = attempt(goal, status);

      expect(transitions[goal][status]).toBe(action);
      if (action === 'wait') {
        expect(result).toMatchObject({ name: 'Busy', message: `Endpoint the-endpoint is ${status}` });
      } else if (action === 'refuse') {
        const found = status === 'absent' ? 'gone' : `${status} (no capacity)`;
        expect(result).toMatchObject({
          name: 'DeploymentFailed',
          message: expect.stringContaining(`Endpoint the-endpoint is ${found}`),
          hint: expect.stringMatching(/./),
        });
      } else {
        expect(result).toBe(action);
      }
    },
  );

  test('is waited for exactly while it changes', () => {
    const waits = [attempt('deploy', status), attempt('restore', status)].map(
      (result) => result instanceof Error && result.name === 'Busy',
    );

    expect(waits).toEqual([isChanging(status), isChanging(status)]);
  });
});

test('a status that is not in the table is waited for', () => {
  expect(attempt('deploy', 'Hibernating' as Status)).toMatchObject({ name: 'Busy' });
});

test.each([
  ['IN_SERVICE', false],
  ['SYSTEM_UPDATING', true],
  ['ROLLING_BACK', true],
  ['DELETING', true],
  ['FAILED', false],
])('knows %s of SageMaker’s events', (status, changes) => {
  expect(isChanging(status)).toBe(changes);
});
