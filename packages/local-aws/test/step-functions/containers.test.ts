import { describe, expect, it } from 'vitest';
import { StatesError } from '../../src/services/step-functions/errors.ts';
import type { Json } from '../../src/services/step-functions/json.ts';
import type { Integrate } from '../../src/services/step-functions/scope.ts';
import { interpret, run, single } from '../../src/testing/interpret.ts';

const work = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'work', Payload: '{% $states.input %}' },
  End: true,
  ...more,
});
const processor = (states: Record<string, object>) => ({
  ProcessorConfig: { Mode: 'INLINE' },
  StartAt: Object.keys(states)[0],
  States: states,
});

/** The payload decides: `fail` fails, `hang` never answers, anything else comes back. */
const byPayload: Integrate = async (_, input) => {
  const { Payload: payload } = input as { Payload: Json };
  if (payload === 'fail') throw new StatesError('Boom', 'it broke');
  if (payload === 'hang') return new Promise(() => {});
  return payload;
};

describe('Map', () => {
  it('runs the processor for every item and keeps their order', async () => {
    const { output } = await run(
      single({
        Type: 'Map',
        Items: '{% $states.input.items %}',
        ItemProcessor: processor({ Double: { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true } }),
      }),
      { input: { items: [3, 1, 2] } },
    );
    expect(output).toEqual([6, 2, 4]);
  });

  it.each<[string, Json, number]>([
    ['one item is still an array', ['only'], 1],
    ['no items give an empty array', [], 0],
  ])('%s', async (_, items, count) => {
    const { output, events } = await run(
      single({
        Type: 'Map',
        Items: '{% $states.input.items %}',
        ItemProcessor: processor({ Same: { Type: 'Pass', End: true } }),
      }),
      { input: { items } },
    );
    expect(output).toEqual(items);
    expect(events().filter((event) => event.endsWith('MapIterationStarted'))).toHaveLength(count);
  });

  it('gives each iteration what ItemSelector says, with index, item and context', async () => {
    const { output } = await run(
      single({
        Type: 'Map',
        Items: ['a', 'b'],
        ItemSelector: {
          index: '{% $states.context.Map.Item.Index %}',
          item: '{% $states.context.Map.Item.Value %}',
          shared: '{% $states.input.shared %}',
        },
        ItemProcessor: processor({ Same: { Type: 'Pass', End: true } }),
      }),
      { input: { shared: 7 } },
    );
    expect(output).toEqual([
      { index: 0, item: 'a', shared: 7 },
      { index: 1, item: 'b', shared: 7 },
    ]);
  });

  it('goes through the pairs of an object, with the key in the context', async () => {
    const ItemProcessor = processor({ Same: { Type: 'Pass', End: true } });
    const input = { b: 1, a: { deep: 2 } };

    const pairs = await run(single({ Type: 'Map', ItemProcessor }), { input });
    const selected = await run(
      single({
        Type: 'Map',
        Items: '{% $states.input %}',
        ItemSelector: {
          at: '{% $states.context.Map.Item.Index %}',
          key: '{% $states.context.Map.Item.Key %}',
          value: '{% $states.context.Map.Item.Value %}',
        },
        ItemProcessor,
      }),
      { input },
    );
    const literal = await run(single({ Type: 'Map', Items: { x: '{% 1 + 1 %}' }, ItemProcessor }));

    expect(pairs.output).toEqual([
      { Key: 'b', Value: 1 },
      { Key: 'a', Value: { deep: 2 } },
    ]);
    expect(selected.output).toEqual([
      { at: 0, key: 'b', value: 1 },
      { at: 1, key: 'a', value: { deep: 2 } },
    ]);
    expect(literal.output).toEqual([{ Key: 'x', Value: 2 }]);
  });

  it.each<[string, Json, string]>([
    ['1', 1, 'number'],
    ["'text'", 'text', 'string'],
    ['null', null, 'null'],
  ])('refuses Items that are %s', async (source, value, type) => {
    const { ending, events } = await run(
      single({
        Type: 'Map',
        Items: `{% ${source} %}`,
        ItemProcessor: processor({ Same: { Type: 'Pass', End: true } }),
      }),
    );
    expect(ending).toEqual({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: `An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata expression '${source}' specified for the field 'Items' returned an unexpected result type. Expected 'array or object', but was '${type}' for value: ${JSON.stringify(value)}`,
    });
    expect(events().slice(2)).toEqual(['2→3 EvaluationFailed', '3→4 MapStateFailed', '4→5 ExecutionFailed']);
  });

  it('runs at most MaxConcurrency at once, each following in history on the one before', async () => {
    const map = interpret(
      single({
        Type: 'Map',
        Items: [1, 2, 3],
        MaxConcurrency: '{% 1 %}',
        ItemProcessor: processor({ Pause: { Type: 'Wait', Seconds: 10, End: true } }),
      }),
    );
    await map.advance(10);
    expect(map.types().filter((type) => type === 'MapIterationStarted')).toHaveLength(2);
    await map.advance(10);
    await map.advance(10);
    expect(map.events()).toEqual([
      '0→1 ExecutionStarted',
      '0→2 MapStateEntered',
      '2→3 MapStateStarted',
      '3→4 MapIterationStarted',
      '4→5 WaitStateEntered',
      '5→6 WaitStateExited',
      '6→7 MapIterationSucceeded',
      '6→8 MapIterationStarted',
      '8→9 WaitStateEntered',
      '9→10 WaitStateExited',
      '10→11 MapIterationSucceeded',
      '10→12 MapIterationStarted',
      '12→13 WaitStateEntered',
      '13→14 WaitStateExited',
      '14→15 MapIterationSucceeded',
      '15→16 MapStateSucceeded',
      '15→17 MapStateExited',
      '17→18 ExecutionSucceeded',
    ]);
  });

  it('runs no more than 40 at once', async () => {
    const map = interpret(
      single({
        Type: 'Map',
        Items: '{% [1..100] %}',
        ItemProcessor: processor({ Work: work({ Arguments: { FunctionName: 'work', Payload: 'hang' } }) }),
      }),
      { integrate: byPayload },
    );
    await map.settle();
    expect(map.calls).toHaveLength(40);
  });

  it('with a Catch inside keeps one failing item from touching the others', async () => {
    const { output } = await run(
      single({
        Type: 'Map',
        Items: ['a', 'fail', 'c'],
        ItemProcessor: processor({
          Work: work({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }] }),
          Failed: { Type: 'Pass', Output: { failed: '{% $states.input.Error %}' }, End: true },
        }),
      }),
      { integrate: byPayload },
    );
    expect(output).toEqual(['a', { failed: 'Boom' }, 'c']);
  });

  it('without one fails as the item did, and abandons the others', async () => {
    const map = await run(
      single({
        Type: 'Map',
        Items: ['hang', 'fail', 'hang'],
        ItemProcessor: processor({ Work: work({ TimeoutSeconds: 1000 }) }),
      }),
      { integrate: byPayload },
    );
    expect(map.ending).toEqual({ status: 'FAILED', error: 'Boom', cause: 'it broke' });
    const failure = map.events().findIndex((event) => event.endsWith('TaskFailed'));
    const types = map.types().slice(failure);
    expect(types).toEqual([
      'TaskFailed',
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
    expect(map.clock.waiting).toBe(0);
  });

  it('tries all items again with Retry, and says that it failed only at the end', async () => {
    const map = interpret(
      single({
        Type: 'Map',
        Items: [1],
        ItemProcessor: processor({ No: { Type: 'Fail', Error: 'NoErrorName', Cause: 'because' } }),
        Retry: [{ ErrorEquals: ['NoErrorName'], MaxAttempts: 1, IntervalSeconds: 1 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Only' }].slice(1),
      }),
    );
    await map.advance(1);
    expect(map.events()).toEqual([
      '0→1 ExecutionStarted',
      '0→2 MapStateEntered',
      '2→3 MapStateStarted',
      '3→4 MapIterationStarted',
      '4→5 FailStateEntered',
      '5→6 MapIterationFailed',
      '5→7 MapStateStarted',
      '7→8 MapIterationStarted',
      '8→9 FailStateEntered',
      '9→10 MapIterationFailed',
      '9→11 MapStateFailed',
      '11→12 ExecutionFailed',
    ]);
  });
});

describe('Parallel', () => {
  const branch = (name: string, state: object) => ({
    StartAt: name,
    States: { [name]: { End: true, ...state } },
  });

  it('runs its branches with the same input and puts their outputs in order', async () => {
    const { output } = await run(
      single({
        Type: 'Parallel',
        Branches: [
          branch('Slow', work({ Arguments: { FunctionName: 'work', Payload: '{% $states.input.a %}' } })),
          branch('Fast', { Type: 'Pass', Output: '{% $states.input.a + 1 %}' }),
        ],
        Output: '{% $sum($states.result) %}',
      }),
      { input: { a: 1 }, integrate: byPayload },
    );
    expect(output).toBe(3);
  });

  it('gives the branches what Arguments says', async () => {
    const { output } = await run(
      single({
        Type: 'Parallel',
        Arguments: { b: '{% $states.input.a * 10 %}' },
        Branches: [branch('One', { Type: 'Pass' })],
      }),
      { input: { a: 1 } },
    );
    expect(output).toEqual([{ b: 10 }]);
  });

  it.each(['Boom', 'States.BranchFailed', 'States.ALL'])(
    'abandons the others when a branch fails, and can be caught as %s',
    async (name) => {
      const parallel = interpret(
        {
          StartAt: 'Both',
          States: {
            Both: {
              Type: 'Parallel',
              Branches: [
                branch('Waits', { Type: 'Wait', Seconds: 1000 }),
                branch('Fails', work({ Arguments: { FunctionName: 'work', Payload: 'fail' } })),
              ],
              Catch: [{ ErrorEquals: [name], Next: 'Caught' }],
              End: true,
            },
            Caught: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
          },
        },
        { integrate: byPayload },
      );
      await parallel.settle();
      expect(parallel.ending?.output).toBe('"Boom"');
      expect(parallel.types()).toEqual(expect.arrayContaining(['WaitStateAborted', 'ParallelStateFailed']));
      expect(parallel.clock.waiting).toBe(0);
    },
  );

  it('voids the task tokens of abandoned branches', async () => {
    const parallel = interpret(
      {
        StartAt: 'Both',
        States: {
          Both: {
            Type: 'Parallel',
            Branches: [
              branch('Waits', {
                Type: 'Task',
                Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
                Arguments: { FunctionName: 'work', Payload: '{% $states.context.Task.Token %}' },
              }),
              {
                StartAt: 'Pause',
                States: {
                  Pause: { Type: 'Wait', Seconds: 1, Next: 'Fails' },
                  Fails: { Type: 'Fail', Error: 'Boom' },
                },
              },
            ],
            Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Later' }],
            End: true,
          },
          Later: { Type: 'Wait', Seconds: 10, End: true },
        },
      },
      { integrate: byPayload },
    );
    await parallel.settle();
    expect(parallel.log.map(({ key }) => key)).toContain('0/0/0/0/0/scheduled');
    await parallel.advance(1);
    expect(parallel.types()).toContain('TaskStateAborted');
    expect(parallel.execution.reply('0/0/0/0/0', { output: 1 })).toBe(false);
    await parallel.advance(10);
    expect(parallel.ending?.status).toBe('SUCCEEDED');
  });

  it('follows in history on the last branch to end', async () => {
    const { events } = await run(
      single({
        Type: 'Parallel',
        Branches: [branch('One', { Type: 'Pass' }), branch('Two', { Type: 'Pass' })],
      }),
    );
    expect(events()).toEqual([
      '0→1 ExecutionStarted',
      '0→2 ParallelStateEntered',
      '2→3 ParallelStateStarted',
      '3→4 PassStateEntered',
      '3→5 PassStateEntered',
      '4→6 PassStateExited',
      '5→7 PassStateExited',
      '7→8 ParallelStateSucceeded',
      '7→9 ParallelStateExited',
      '9→10 ExecutionSucceeded',
    ]);
  });
});
