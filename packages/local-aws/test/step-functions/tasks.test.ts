import { describe, expect, it } from 'vitest';
import { StatesError } from '../../src/services/step-functions/errors.ts';
import type { Json } from '../../src/services/step-functions/json.ts';
import type { Integrate } from '../../src/services/step-functions/scope.ts';
import { FUNCTION, interpret, run, single } from '../../src/testing/interpret.ts';

const invoke = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'work', Payload: '{% $states.input %}' },
  ...more,
});
const callback = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: 'work', Payload: { token: '{% $states.context.Task.Token %}' } },
  ...more,
});

/** Answers with each in turn; errors are thrown. */
function answers(...values: (Json | Error)[]): Integrate {
  return async () => {
    const value = values.shift();
    if (value instanceof Error) throw value;
    if (value === undefined) throw new Error('no more answers');
    return value;
  };
}

const never: Integrate = () => new Promise(() => {});
const boom = () => new StatesError('Boom', 'it broke');

describe('Task', () => {
  it('hands its Arguments to the service and its result on', async () => {
    const { calls, output } = await run(single(invoke()), {
      input: { a: 1 },
      integrate: answers({ Payload: 2 }),
    });
    expect(calls).toEqual([
      { resource: 'arn:aws:states:::lambda:invoke', input: { FunctionName: 'work', Payload: { a: 1 } } },
    ]);
    expect(output).toEqual({ Payload: 2 });
  });

  it('shapes its result with Output, and assigns from it', async () => {
    const { output } = await run(
      {
        StartAt: 'Work',
        States: {
          Work: invoke({
            Output: '{% $states.result.Payload.n %}',
            Assign: { twice: '{% $states.result.Payload.n * 2 %}' },
            Next: 'Show',
          }),
          Show: { Type: 'Pass', Output: '{% [$states.input, $twice] %}', End: true },
        },
      },
      { integrate: answers({ Payload: { n: 21 } }) },
    );
    expect(output).toEqual([21, 42]);
  });

  it('invokes a function named by its ARN with the input when there are no Arguments', async () => {
    const { calls, types, output } = await run(single({ Type: 'Task', Resource: `${FUNCTION}direct` }), {
      input: { a: 1 },
      integrate: answers('done'),
    });
    expect(calls).toEqual([{ resource: `${FUNCTION}direct`, input: { a: 1 } }]);
    expect(output).toBe('done');
    expect(types().slice(2, 5)).toEqual([
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
    ]);
  });

  it('fails the execution with the error that nothing catches', async () => {
    const { ending, types } = await run(single(invoke()), { integrate: answers(boom()) });
    expect(ending).toEqual({ status: 'FAILED', error: 'Boom', cause: 'it broke' });
    expect(types().slice(-2)).toEqual(['TaskFailed', 'ExecutionFailed']);
  });

  it('refuses a result that is too large', async () => {
    const { ending } = await run(single(invoke()), { integrate: answers('#'.repeat(262_143)) });
    expect(ending?.error).toBe('States.DataLimitExceeded');
  });

  it.each<[string, object]>([
    ['TimeoutSeconds', { TimeoutSeconds: 30 }],
    ['TimeoutSeconds by an expression', { TimeoutSeconds: '{% 10 * 3 %}' }],
  ])('ends with States.Timeout after its %s', async (_, more) => {
    const task = interpret(single(invoke(more)), { integrate: never });
    await task.advance(29);
    expect(task.ending).toBeUndefined();
    await task.advance(1);
    expect(task.ending).toEqual({ status: 'FAILED', error: 'States.Timeout' });
    expect(task.types().at(-2)).toBe('TaskTimedOut');
  });
});

describe('Retry', () => {
  /** Seconds between the calls of a Task that always fails. */
  async function intervals(retrier: object, error = boom(), random = 0.5): Promise<number[]> {
    const at: number[] = [];
    const task = interpret(single(invoke({ Retry: [{ ErrorEquals: ['Boom'], ...retrier }] })), {
      integrate: async () => {
        at.push(task.clock.now());
        throw error;
      },
      random: () => random,
    });
    await task.settle();
    for (let second = 0; second < 400 && !task.ending; second++) {
      task.clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(task.ending?.status).toBe('FAILED');
    return at.slice(1).map((time, position) => (time - (at[position] as number)) / 1000);
  }

  it.each<[string, object, number[]]>([
    ['1, 2 and 4 seconds where nothing is said', {}, [1, 2, 4]],
    ['IntervalSeconds and BackoffRate', { IntervalSeconds: 3, BackoffRate: 3, MaxAttempts: 3 }, [3, 9, 27]],
    ['a constant interval', { IntervalSeconds: 5, BackoffRate: 1, MaxAttempts: 4 }, [5, 5, 5, 5]],
    ['MaxDelaySeconds', { IntervalSeconds: 10, MaxDelaySeconds: 25, MaxAttempts: 4 }, [10, 20, 25, 25]],
    ['no retry', { MaxAttempts: 0 }, []],
    [
      'half of each, where FULL jitter draws a half',
      { IntervalSeconds: 4, JitterStrategy: 'FULL' },
      [2, 4, 8],
    ],
  ])('waits %s', async (_, retrier, expected) => {
    expect(await intervals(retrier)).toEqual(expected);
  });

  it('uses only the first retrier that names the error, even when it is used up', async () => {
    const retry = [
      { ErrorEquals: ['Boom'], MaxAttempts: 1, IntervalSeconds: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 5, IntervalSeconds: 1 },
    ];
    const task = interpret(single(invoke({ Retry: retry })), { integrate: answers(boom(), boom()) });
    await task.advance(1);
    expect(task.calls).toHaveLength(2);
    expect(task.ending?.error).toBe('Boom');
  });

  it('counts each retrier on its own', async () => {
    const retry = [
      { ErrorEquals: ['Boom'], MaxAttempts: 1, IntervalSeconds: 1 },
      { ErrorEquals: ['Other'], MaxAttempts: 1, IntervalSeconds: 1 },
    ];
    const other = new StatesError('Other', 'as well');
    const task = interpret(single(invoke({ Retry: retry })), { integrate: answers(boom(), other, 'done') });
    await task.advance(1);
    await task.advance(1);
    expect(task.ending?.status).toBe('SUCCEEDED');
  });

  it('tells the attempt in the context and evaluates the Arguments anew', async () => {
    const state = invoke({
      Arguments: { FunctionName: 'work', Payload: '{% $states.context.State.RetryCount %}' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1 }],
    });
    const task = interpret(single(state), { integrate: answers(boom(), 'done') });
    await task.advance(1);
    expect(task.calls.map(({ input }) => (input as { Payload: number }).Payload)).toEqual([0, 1]);
  });

  it('writes every attempt into history', async () => {
    const task = interpret(single(invoke({ Retry: [{ ErrorEquals: ['Boom'] }] })), {
      integrate: answers(boom(), 'done'),
    });
    await task.advance(1);
    expect(task.events()).toEqual([
      '0→1 ExecutionStarted',
      '0→2 TaskStateEntered',
      '2→3 TaskScheduled',
      '3→4 TaskStarted',
      '4→5 TaskFailed',
      '5→6 TaskScheduled',
      '6→7 TaskStarted',
      '7→8 TaskSucceeded',
      '8→9 TaskStateExited',
      '9→10 ExecutionSucceeded',
    ]);
  });
});

describe('Catch', () => {
  const caught = (names: string[], task: object = invoke()) => ({
    StartAt: 'Work',
    States: {
      Work: { ...task, Catch: [{ ErrorEquals: names, Next: 'Caught' }], End: true },
      Caught: { Type: 'Pass', End: true },
    },
  });

  it.each<[string, Error, string[], boolean]>([
    ['its name', boom(), ['Boom'], true],
    ['another name', boom(), ['Bang'], false],
    ['one of several names', boom(), ['Bang', 'Boom'], true],
    ['States.ALL', boom(), ['States.ALL'], true],
    ['States.TaskFailed', boom(), ['States.TaskFailed'], true],
    ['States.TaskFailed a time-out', new StatesError('States.Timeout', ''), ['States.TaskFailed'], false],
    ['States.ALL a time-out', new StatesError('States.Timeout', ''), ['States.ALL'], true],
    ['States.ALL an error without a name', new StatesError(undefined, undefined), ['States.ALL'], true],
    ['States.ALL States.Runtime', new StatesError('States.Runtime', ''), ['States.ALL'], false],
    ['States.Runtime by name', new StatesError('States.Runtime', ''), ['States.Runtime'], false],
    [
      'States.ALL States.DataLimitExceeded',
      new StatesError('States.DataLimitExceeded', ''),
      ['States.ALL'],
      false,
    ],
    [
      'States.DataLimitExceeded by name',
      new StatesError('States.DataLimitExceeded', ''),
      ['States.DataLimitExceeded'],
      true,
    ],
    [
      'a denial by States.Permissions',
      new StatesError('S3.AccessDenied', '', ['States.Permissions']),
      ['States.Permissions'],
      true,
    ],
  ])('by %s', async (_, error, names, expected) => {
    const { ending } = await run(caught(names), { integrate: answers(error) });
    expect(ending?.status).toBe(expected ? 'SUCCEEDED' : 'FAILED');
  });

  it('puts out the error where it has no Output', async () => {
    const { output } = await run(caught(['States.ALL']), { integrate: answers(boom()) });
    expect(output).toEqual({ Error: 'Boom', Cause: 'it broke' });
  });

  it('says null for what an error does not tell', async () => {
    const { output } = await run(caught(['States.ALL']), {
      integrate: answers(new StatesError(undefined, undefined)),
    });
    expect(output).toEqual({ Error: null, Cause: null });
  });

  it('sees input and errorOutput in Output and Assign', async () => {
    const { output } = await run(
      {
        StartAt: 'Work',
        States: {
          Work: invoke({
            Catch: [
              {
                ErrorEquals: ['Boom'],
                Output: "{% $merge([$states.input, { 'error': $states.errorOutput.Error }]) %}",
                Assign: { why: '{% $states.errorOutput.Cause %}' },
                Next: 'Show',
              },
            ],
            End: true,
          }),
          Show: { Type: 'Pass', Output: '{% [$states.input, $why] %}', End: true },
        },
      },
      { input: { a: 1 }, integrate: answers(boom()) },
    );
    expect(output).toEqual([{ a: 1, error: 'Boom' }, 'it broke']);
  });

  it.each(['Arguments', 'Output', 'Assign'])('takes a failed evaluation of %s', async (field) => {
    const broken = { FunctionName: '{% $nothing %}' };
    const { output, types } = await run(
      caught(['States.QueryEvaluationError'], invoke({ [field]: broken })),
      {
        integrate: answers('done'),
      },
    );
    expect(output).toMatchObject({ Error: 'States.QueryEvaluationError' });
    expect((output as { Cause: string }).Cause).toContain(
      `The JSONata expression '$nothing' specified for the field '${field}/FunctionName' returned nothing (undefined).`,
    );
    expect(types()).toContain('EvaluationFailed');
  });

  it('does not take what its own Output does wrong', async () => {
    const task = invoke({
      Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $nothing %}', Next: 'Only' }],
    });
    const { ending } = await run(single(task), { integrate: answers(boom()) });
    expect(ending?.error).toBe('States.QueryEvaluationError');
    expect(ending?.cause).toContain("specified for the field 'Catch[0]/Output'");
  });

  it('comes after the retries', async () => {
    const task = interpret(
      caught(['States.ALL'], invoke({ Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] })),
      { integrate: answers(boom(), boom()) },
    );
    await task.advance(1);
    expect(task.calls).toHaveLength(2);
    expect(task.ending?.status).toBe('SUCCEEDED');
  });
});

describe('a task token', () => {
  const TOKEN_KEY = '0/0';

  it('reaches the function, and the answer becomes the result', async () => {
    const task = interpret(single(callback()), { integrate: answers({ StatusCode: 200 }) });
    await task.settle();
    expect(task.calls[0]?.input).toMatchObject({ Payload: { token: `token-${TOKEN_KEY}` } });
    expect(task.types().at(-1)).toBe('TaskSubmitted');

    expect(task.execution.reply(TOKEN_KEY, { output: { accuracy: 0.9 } })).toBe(true);
    await task.settle();

    expect(task.ending).toEqual({ status: 'SUCCEEDED', output: '{"accuracy":0.9}' });
    expect(task.types().slice(-4)).toEqual([
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('can be answered before the function has returned', async () => {
    const task = interpret(single(callback()), { integrate: never });
    await task.settle();
    task.execution.reply(TOKEN_KEY, { output: 1 });
    await task.settle();
    expect(task.ending?.status).toBe('SUCCEEDED');
  });

  it('fails the task when the function fails', async () => {
    const { ending } = await run(single(callback()), { integrate: answers(boom()) });
    expect(ending?.error).toBe('Boom');
  });

  it('can be answered with a failure', async () => {
    const task = interpret(single(callback()), { integrate: answers({}) });
    await task.settle();
    task.execution.reply(TOKEN_KEY, { error: 'TrainingFailed', cause: 'out of memory' });
    await task.settle();
    expect(task.ending).toEqual({ status: 'FAILED', error: 'TrainingFailed', cause: 'out of memory' });
  });

  it('takes one answer only', async () => {
    const task = interpret(single(callback()), { integrate: answers({}) });
    await task.settle();
    expect(task.execution.reply(TOKEN_KEY, { output: 1 })).toBe(true);
    expect(task.execution.reply(TOKEN_KEY, { output: 2 })).toBe(false);
    await task.settle();
    expect(task.ending?.output).toBe('1');
  });

  it('is void after the time-out', async () => {
    const task = interpret(single(callback({ TimeoutSeconds: 60 })), { integrate: answers({}) });
    await task.advance(60);
    expect(task.execution.reply(TOKEN_KEY, { output: 1 })).toBe(false);
    expect(task.ending?.error).toBe('States.Timeout');
  });

  it('is a new one for every attempt; the old one is void', async () => {
    const retry = [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1 }];
    const task = interpret(single(callback({ TimeoutSeconds: 60, Retry: retry })), {
      integrate: answers({}, {}),
    });
    await task.advance(60);
    await task.advance(1);
    expect(task.execution.reply('0/0', { output: 1 })).toBe(false);
    expect(task.execution.reply('0/1', { output: 2 })).toBe(true);
    await task.settle();
    expect(task.ending?.output).toBe('2');
  });

  it('stays alive by heartbeats, up to the time-out', async () => {
    const state = callback({ HeartbeatSeconds: 10, TimeoutSeconds: 35 });
    const task = interpret(single(state), { integrate: answers({}) });
    for (let beat = 0; beat < 4; beat++) {
      await task.advance(8);
      expect(task.execution.heartbeat(TOKEN_KEY)).toBe(true);
    }
    expect(task.ending).toBeUndefined();
    await task.advance(3);
    expect(task.ending?.error).toBe('States.Timeout');
  });

  it.each(['States.Timeout', 'States.HeartbeatTimeout'])(
    'without a heartbeat is caught as %s',
    async (name) => {
      const task = interpret(
        {
          StartAt: 'Work',
          States: {
            Work: callback({
              HeartbeatSeconds: 10,
              Catch: [{ ErrorEquals: [name], Next: 'Caught' }],
              End: true,
            }),
            Caught: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
          },
        },
        { integrate: answers({}) },
      );
      await task.advance(9);
      expect(task.ending).toBeUndefined();
      await task.advance(1);
      expect(task.ending?.output).toBe('"States.Timeout"');
    },
  );
});

describe('the whole execution', () => {
  it("ends with TIMED_OUT after the machine's TimeoutSeconds, whatever it is doing", async () => {
    const task = interpret({ TimeoutSeconds: 100, ...single(invoke()) }, { integrate: never });
    await task.advance(100);
    expect(task.ending).toEqual({ status: 'TIMED_OUT' });
    expect(task.types().at(-1)).toBe('ExecutionTimedOut');
    expect(task.clock.waiting).toBe(0);
  });

  it('can be stopped, and records nothing after that', async () => {
    let answer: (value: Json) => void = () => {};
    const integrate: Integrate = () => new Promise((resolve) => (answer = resolve));
    const task = interpret(single(invoke()), { integrate });
    await task.settle();
    task.execution.end({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    answer('late');
    await task.settle();
    expect(task.ending).toEqual({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    expect(task.types().at(-1)).toBe('ExecutionAborted');
  });
});
