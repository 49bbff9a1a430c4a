import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/services/step-functions/json.ts';
import { EXECUTION, interpret, run, single } from '../../src/testing/interpret.ts';

describe('Pass', () => {
  const cases: [string, object, Json, Json][] = [
    ['hands its input on', {}, { a: 1 }, { a: 1 }],
    ['puts out a literal', { Output: { b: [1, 'x', null] } }, {}, { b: [1, 'x', null] }],
    [
      'evaluates expressions at any depth',
      { Output: { b: [{ c: '{% $states.input.a + 1 %}' }] } },
      { a: 1 },
      { b: [{ c: 2 }] },
    ],
    ['leaves text alone that is no expression', { Output: 'a {% 1 %}'.slice(0, 1) }, {}, 'a'],
    ['puts out null and false', { Output: ['{% null %}', '{% false %}'] }, {}, [null, false]],
    ['sees the context', { Output: '{% $states.context.Execution.Id %}' }, {}, EXECUTION],
    ['names itself in the context', { Output: '{% $states.context.State.Name %}' }, {}, 'Only'],
  ];
  it.each(cases)('%s', async (_, state, input, expected) => {
    const { output } = await run(single({ Type: 'Pass', ...state }), { input });
    expect(output).toEqual(expected);
  });
});

describe('Choice', () => {
  const machine = {
    StartAt: 'Which',
    States: {
      Which: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Big', Output: 'big', Assign: { size: 'L' } },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Middle' },
        ],
        Default: 'Small',
        Output: 'default',
      },
      Big: { Type: 'Pass', Output: '{% [$states.input, $size] %}', End: true },
      Middle: { Type: 'Succeed' },
      Small: { Type: 'Succeed' },
    },
  };

  it.each<[number, Json]>([
    [11, ['big', 'L']],
    [6, { n: 6 }],
    [1, 'default'],
  ])("with %d takes the first that is true, with that choice's Output and Assign", async (n, expected) => {
    const { output } = await run(machine, { input: { n } });
    expect(output).toEqual(expected);
  });

  it('fails with States.NoChoiceMatched without a default', async () => {
    const { ending } = await run({
      StartAt: 'Which',
      States: {
        Which: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Never' }] },
        Never: { Type: 'Succeed' },
      },
    });
    expect(ending).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it('refuses a condition that is not a boolean', async () => {
    const { ending } = await run({
      StartAt: 'Which',
      States: {
        Which: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'Never' }] },
        Never: { Type: 'Succeed' },
      },
    });
    expect(ending?.error).toBe('States.QueryEvaluationError');
    expect(ending?.cause).toContain("Expected 'boolean', but was 'number' for value: 1");
  });
});

describe('Wait', () => {
  it.each<[string, object]>([
    ['Seconds', { Seconds: 90 }],
    ['Seconds by an expression', { Seconds: '{% $states.input.seconds %}' }],
    ['Timestamp', { Timestamp: '2026-11-23T00:01:30Z' }],
    ['Timestamp by an expression', { Timestamp: '{% $states.input.at %}' }],
  ])('waits for %s, not less and not more', async (_, state) => {
    const waiting = interpret(single({ Type: 'Wait', ...state }), {
      input: { seconds: 90, at: '2026-11-23T01:01:30+01:00' },
    });
    await waiting.advance(89);
    expect(waiting.ending).toBeUndefined();
    await waiting.advance(1);
    expect(waiting.ending?.status).toBe('SUCCEEDED');
  });

  it('waits for longer than a timer of Node can', async () => {
    const waiting = interpret(single({ Type: 'Wait', Seconds: 60 * 60 * 24 * 60 }));
    await waiting.advance(60 * 60 * 24 * 59);
    expect(waiting.ending).toBeUndefined();
    await waiting.advance(60 * 60 * 24);
    expect(waiting.ending?.status).toBe('SUCCEEDED');
  });

  it.each(['2016-12-05 21:29:29Z', '2016-12-05T21:29:29', '2016-13-05T21:29:29Z', '05-12-2016T21:29:29Z'])(
    'refuses the timestamp %s',
    async (at) => {
      const { ending } = await run(single({ Type: 'Wait', Timestamp: '{% $states.input.at %}' }), {
        input: { at },
      });
      expect(ending).toMatchObject({
        status: 'FAILED',
        error: 'States.QueryEvaluationError',
        cause: `An error occurred while executing the state 'Only' (entered at the event id #2). The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${at}`,
      });
    },
  );

  it.each(['{% -1 %}', '{% 1.5 %}', "{% 'soon' %}"])('refuses %s seconds', async (Seconds) => {
    const { ending } = await run(single({ Type: 'Wait', Seconds }));
    expect(ending?.error).toBe('States.QueryEvaluationError');
  });
});

describe('Succeed and Fail', () => {
  it('Succeed ends the execution with its Output', async () => {
    const { output } = await run(
      {
        StartAt: 'Done',
        States: { Done: { Type: 'Succeed', Output: '{% $states.input.a %}' } },
      },
      { input: { a: [1] } },
    );
    expect(output).toEqual([1]);
  });

  it.each<[string, object, object]>([
    ['error and cause', { Error: 'Custom', Cause: 'because' }, { error: 'Custom', cause: 'because' }],
    [
      'expressions',
      { Error: '{% $states.input.e %}', Cause: "{% 'of ' & $states.input.e %}" },
      { error: 'Boom', cause: 'of Boom' },
    ],
    ['nothing', {}, {}],
  ])('Fail ends the execution with %s', async (_, state, expected) => {
    const { ending } = await run(
      { StartAt: 'No', States: { No: { Type: 'Fail', ...state } } },
      { input: { e: 'Boom' } },
    );
    expect(ending).toEqual({ status: 'FAILED', ...expected });
  });
});

describe('variables', () => {
  it('are assigned all at once, so that expressions see the old values', async () => {
    const { output } = await run({
      StartAt: 'First',
      States: {
        First: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
        Swap: {
          Type: 'Pass',
          Assign: { a: '{% $b %}', b: '{% $a %}' },
          Output: '{% [$a, $b] %}',
          Next: 'Show',
        },
        Show: {
          Type: 'Pass',
          Output: { seen: '{% $states.input %}', a: '{% $a %}', b: '{% $b %}' },
          End: true,
        },
      },
    });
    expect(output).toEqual({ seen: [1, 2], a: 2, b: 1 });
  });

  it('of an outer scope can be read inside; inner ones end with their scope', async () => {
    const { output } = await run({
      StartAt: 'First',
      States: {
        First: { Type: 'Pass', Assign: { outer: 40 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: {
            StartAt: 'Add',
            States: {
              Add: { Type: 'Pass', Assign: { inner: '{% $outer + $states.input %}' }, Next: 'Tell' },
              Tell: { Type: 'Pass', Output: '{% $inner %}', End: true },
            },
          },
          Next: 'After',
        },
        After: {
          Type: 'Pass',
          Output: "{% { 'sums': $states.input, 'leaked': $exists($inner) } %}",
          End: true,
        },
      },
    });
    expect(output).toEqual({ sums: [41, 42], leaked: false });
  });
});

describe('data limits', () => {
  it('an output of more than 262,144 bytes fails with States.DataLimitExceeded', async () => {
    const { ending } = await run(single({ Type: 'Pass', Output: "{% $pad('', 262143, '#') %}" }));
    expect(ending).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('one of exactly 262,144 bytes passes', async () => {
    const { ending } = await run(single({ Type: 'Pass', Output: "{% $pad('', 262142, '#') %}" }));
    expect(ending?.status).toBe('SUCCEEDED');
  });

  it('an endless loop ends with States.Runtime after 25,000 events', async () => {
    const { ending, log } = await run({
      StartAt: 'A',
      States: {
        A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }], Default: 'A' },
        End: { Type: 'Succeed' },
      },
    });
    expect(ending).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(log.filter(({ type }) => type)).toHaveLength(25_000);
  });
});
