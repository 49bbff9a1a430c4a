import { describe, expect, it } from 'vitest';
import { StatesError } from '../../src/services/step-functions/errors.ts';
import type { Entry } from '../../src/services/step-functions/history.ts';
import type { Json } from '../../src/services/step-functions/json.ts';
import { interpret, single } from '../../src/testing/interpret.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const lambda = (payload: Json, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'work', Payload: payload },
  ...more,
});

/**
 * Everything that has something to remember: variables, retries, waits, items, branches, a token, a random
 * number.
 */
const MACHINE = {
  StartAt: 'Remember',
  States: {
    Remember: { Type: 'Pass', Assign: { dice: '{% $random() %}', factor: 10 }, Next: 'Flaky' },
    Flaky: lambda("{% 'flaky ' & $string($states.context.State.RetryCount) %}", {
      Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 60 }],
      Next: 'Rest',
    }),
    Rest: { Type: 'Wait', Seconds: 300, Next: 'Each' },
    Each: {
      Type: 'Map',
      Items: [1, 2, 3],
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'Multiply',
        States: {
          Multiply: { Type: 'Pass', Output: '{% $states.input * $factor %}', Next: 'Report' },
          Report: lambda('{% $states.input %}', { End: true }),
        },
      },
      Next: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Ask',
          States: {
            Ask: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
              Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
              TimeoutSeconds: 3600,
              HeartbeatSeconds: 1800,
              End: true,
            },
          },
        },
        { StartAt: 'Quick', States: { Quick: { Type: 'Pass', Output: 'quick', End: true } } },
      ],
      Next: 'Risky',
    },
    Risky: {
      Type: 'Parallel',
      Branches: [{ StartAt: 'Broken', States: { Broken: { Type: 'Fail', Error: 'Broken' } } }],
      Catch: [
        {
          ErrorEquals: ['Broken'],
          Output: { answers: '{% $states.input %}', error: '{% $states.errorOutput.Error %}' },
          Next: 'Show',
        },
      ],
      End: true,
    },
    Show: { Type: 'Pass', Output: "{% { 'seen': $states.input, 'dice': $dice } %}", End: true },
  },
};

interface Story {
  log: Entry[];
  calls: string[];
  output: unknown;
  types: string[];
}

/**
 * Runs the machine to its end, killing the interpreter once.
 *
 * @param killAt after so many journal lines; never if absent
 */
async function play(killAt = Number.POSITIVE_INFINITY): Promise<Story> {
  const clock = new ManualClock();
  const calls: string[] = [];
  let dead = false;
  let dying = true;
  const integrate = async (_: string, input: Json): Promise<Json> => {
    const { FunctionName: name, Payload: payload } = input as { FunctionName: string; Payload: Json };
    if (dead && dying) return new Promise(() => {});
    calls.push(name === 'ask' ? `ask ${(payload as { token: string }).token}` : JSON.stringify(payload));
    if (payload === 'flaky 0') throw new StatesError('Boom', 'once');
    return payload;
  };
  /** A disk on which nothing arrives any more once the process is dead. */
  const disk: Entry[] = [];
  const killable = Object.assign([] as Entry[], {
    push(...entries: Entry[]): number {
      for (const entry of entries) {
        if (dead) break;
        Array.prototype.push.call(killable, entry);
        disk.push(JSON.parse(JSON.stringify(entry)));
        dead = disk.length >= killAt;
      }
      return disk.length;
    },
  });
  let current = interpret(MACHINE, { clock, log: killable, integrate, random: Math.random });
  for (let second = 0; second < 200 && (current.ending === undefined || (dead && dying)); second++) {
    await current.settle();
    if (dead && dying) {
      dying = false;
      current.execution.suspend();
      current = interpret(MACHINE, { clock, log: disk, integrate, random: Math.random });
      await current.settle();
    }
    if (disk.some(({ key }) => key.endsWith('submitted')))
      current.execution.reply('4/0/0/0/0', { output: 'answer' });
    await current.advance(10);
  }
  const output = current.ending?.output;
  const types = disk.filter(({ type }) => type).map(({ type }) => type as string);
  return { log: disk, calls, output: output === undefined ? current.ending : JSON.parse(output), types };
}

describe('an execution that is killed and restarted', () => {
  it('ends as it would have, wherever it was killed, without doing again what was done', async () => {
    const whole = await play();
    const expected = { seen: { answers: ['answer', 'quick'], error: 'Broken' }, dice: expect.any(Number) };
    expect(whole.output).toEqual(expected);
    expect(whole.calls).toEqual(['"flaky 0"', '"flaky 1"', '10', '20', '30', 'ask token-4/0/0/0/0']);
    expect(whole.log.length).toBeGreaterThan(50);

    for (let killAt = 1; killAt < whole.log.length; killAt++) {
      const story = await play(killAt);
      const where = `killed after line ${killAt}: ${whole.log[killAt - 1]?.key} ${whole.log[killAt - 1]?.type ?? ''}`;
      expect(story.output, where).toEqual(expected);
      // The same events, each once; a kill may change the order in which iterations and branches take turns.
      expect([...story.types].sort(), where).toEqual([...whole.types].sort());
      const remembered = story.log.find(({ key }) => key === '0/exit')?.details?.assignedVariables;
      expect(story.output, where).toMatchObject({ dice: JSON.parse((remembered as { dice: string }).dice) });
      const ids = story.log.filter(({ type }) => type).map(({ id }) => id);
      expect(ids, where).toEqual(ids.map((_, position) => position + 1));
      // Only what was under way is asked again: at most two iterations at once, or a first attempt not yet
      // recorded.
      expect(story.calls.length, where).toBeLessThanOrEqual(whole.calls.length + 2);
      expect([...new Set(story.calls)].sort(), where).toEqual([...new Set(whole.calls)].sort());
      const keys = story.log.map(({ key }) => key);
      expect(new Set(keys).size, where).toBe(keys.length);
    }
  });

  it('waits until the time it was to wait until, not longer', async () => {
    const machine = single({ Type: 'Wait', Seconds: 100 });
    const first = interpret(machine);
    await first.advance(60);
    first.execution.suspend();
    const second = interpret(machine, { clock: first.clock, log: first.log });
    await second.advance(39);
    expect(second.ending).toBeUndefined();
    await second.advance(1);
    expect(second.ending?.status).toBe('SUCCEEDED');
  });

  it('keeps time-outs running while it is down', async () => {
    const machine = {
      TimeoutSeconds: 500,
      ...single(lambda(1, { TimeoutSeconds: 100, End: true })),
    };
    const first = interpret(machine, { integrate: () => new Promise(() => {}) });
    await first.advance(60);
    first.execution.suspend();
    first.clock.advance(50_000);
    const second = interpret(machine, {
      clock: first.clock,
      log: first.log,
      integrate: () => new Promise(() => {}),
    });
    await second.advance(0);
    expect(second.ending).toEqual({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('accepts the answer to a task token before it runs again', async () => {
    const machine = single({
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
    });
    const first = interpret(machine, { integrate: async () => ({}) });
    await first.settle();
    first.execution.suspend();
    const second = interpret(machine, { clock: first.clock, log: first.log });
    expect(second.execution.reply('0/0', { output: 42 })).toBe(true);
    await second.settle();
    expect(second.ending?.output).toBe('42');
    expect(second.calls).toEqual([]);
  });

  it('can be stopped before it runs again', async () => {
    const machine = single({ Type: 'Wait', Seconds: 100 });
    const first = interpret(machine);
    await first.settle();
    first.execution.suspend();
    first.execution.end({ status: 'ABORTED' });
    const lines = first.log.length;
    const second = interpret(machine, { clock: first.clock, log: first.log, stopFirst: true });
    expect(await second.ended).toEqual({ status: 'ABORTED' });
    expect(second.log).toHaveLength(lines + 1);
  });

  it('records nothing more after it was suspended', async () => {
    let answer: (value: Json) => void = () => {};
    const task = interpret(single(lambda(1, { End: true })), {
      integrate: () => new Promise((resolve) => (answer = resolve)),
    });
    await task.settle();
    const lines = task.log.length;
    task.execution.suspend();
    answer('late');
    await task.settle();
    expect(task.log).toHaveLength(lines);
    expect(await task.ended).toBeUndefined();
  });
});
