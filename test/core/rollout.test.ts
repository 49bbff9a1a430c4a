import { describe, expect, test } from 'vitest';
import { endpointSchema } from '#core/contracts/domain.ts';
import { rolloutSchema } from '#core/contracts/rollout.ts';
import { planAlarms, planRollout, rolloutOf, withLatency } from '#core/rollout.ts';

const instances = (more: object = {}) =>
  ({ type: 'instances', instanceType: 'ml.c5.large', ...more }) as const;
const parsed = (more: object = {}) => {
  const settings = endpointSchema.parse(instances(more));
  if (settings.type !== 'instances') throw new Error('not instances');
  return settings;
};
const canary = (percent: number) => ({ type: 'canary', percent, waitSeconds: 300 }) as const;
const linear = (stepPercent: number) => ({ type: 'linear', stepPercent, waitSeconds: 120 }) as const;

describe('a rollout', () => {
  test('is a canary from two instances on, and all at once for one', () => {
    expect(rolloutOf(parsed({ instanceCount: 2 }))).toMatchObject({ type: 'canary' });
    expect(rolloutOf(parsed())).toEqual({ type: 'all-at-once', waitSeconds: 0 });
  });

  test.each([
    [canary(10), 2, 1],
    [canary(10), 20, 2],
    [canary(10), 25, 3],
    [canary(50), 5, 2],
    [linear(25), 4, 1],
    [linear(10), 19, 2],
    [linear(50), 3, 1],
  ])('%j of %i instances goes in steps of %i', (rollout, count, step) => {
    expect(planRollout(rollout, count).step).toBe(step);
  });

  test('stays within SageMaker’s limits for every share and number of instances', () => {
    for (let count = 2; count <= 100; count++) {
      for (let percent = 1; percent <= 50; percent++) {
        const { step } = planRollout(canary(percent), count);
        expect(step! >= 1 && step! * 2 <= count, `${percent} % of ${count}`).toBe(true);
        if (percent < 10) continue;
        const plan = planRollout(linear(percent), count);
        expect(plan.step! * 2 <= count && plan.step! * 10 >= count, `${percent} % of ${count}`).toBe(true);
        expect(plan.maximumSeconds).toBeGreaterThan(Math.ceil(count / plan.step!) * 120);
      }
    }
  });

  test('is all at once, and still watched, where autoscaling has left one instance', () => {
    expect(planRollout(canary(10), 1)).toMatchObject({ type: 'ALL_AT_ONCE', lastWaitSeconds: 300 });
  });

  test.each([
    [{ type: 'canary', percent: 51 }, 'percent'],
    [{ type: 'canary', waitSeconds: 60 }, 'a whole minute'],
    [{ type: 'linear', stepPercent: 5 }, 'stepPercent'],
    [{ type: 'linear', stepPercent: 10, waitSeconds: 3600 }, 'all steps together'],
    [{ type: 'blue-green' }, 'type'],
    [{ type: 'canary', percentage: 10 }, 'percentage'],
  ])('%j is refused', (rollout, message) => {
    const { error } = rolloutSchema.safeParse(rollout);
    expect(JSON.stringify(error?.issues)).toContain(message);
  });

  test('in steps needs two instances', () => {
    const { error } = endpointSchema.safeParse(instances({ rollout: { type: 'canary' } }));
    expect(error?.issues[0]).toMatchObject({
      path: ['rollout', 'type'],
      message: expect.stringContaining('instanceCount'),
    });
  });
});

describe('the alarms', () => {
  test('hold the model to the gate’s latency, in microseconds, and to no server error', () => {
    expect(planAlarms(withLatency(parsed(), 1_000))).toEqual({
      serverErrors: 0,
      latencyMicroseconds: 1_000_000,
    });
  });

  test('hold it to the domain’s own thresholds where it has some', () => {
    const settings = parsed({ alarms: { maximumServerErrors: 3, maximumLatencyMs: 200 } });
    expect(planAlarms(withLatency(settings, 1_000))).toEqual({
      serverErrors: 3,
      latencyMicroseconds: 200_000,
    });
  });

  test('without a latency are an error, never a pass', () => {
    expect(() => planAlarms(parsed())).toThrow('maximumLatencyMs is missing');
  });
});
