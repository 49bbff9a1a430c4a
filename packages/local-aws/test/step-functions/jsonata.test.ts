import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/services/step-functions/json.ts';
import { Evaluator } from '../../src/services/step-functions/jsonata.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const evaluator = new Evaluator(new ManualClock(), () => 0.25);
const evaluate = (source: string, input: Json = {}) =>
  evaluator.evaluate(
    `{% ${source} %}`,
    { states: { input }, variables: { list: [1, 2, 3] } },
    { name: 'State', enteredId: 2 },
    'Output',
  );
const PREFIX =
  "An error occurred while executing the state 'State' (entered at the event id #2). The JSONata expression";

describe('JSONata', () => {
  it.each<[string, Json]>([
    ['$partition([1, 2, 3, 4], 3)', [[1, 2, 3], [4]]],
    ['$partition([0], 1)', [[0]]],
    ['$partition([], 2)', []],
    ['$range(0, 9, 3)', [0, 3, 6, 9]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(1, 1, 1)', 1],
    ["$hash('a', 'MD5')", '0cc175b9c0f1b6a831c399e269772661'],
    ["$hash('a', 'SHA-1')", '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
    ["$hash('a', 'SHA-256')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['$parse(\'{"a": [1]}\')', { a: [1] }],
    ['$parse("1.5")', 1.5],
    ['$random()', 0.25],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$now()', '2026-11-23T00:00:00.000Z'],
    ['$millis()', Date.UTC(2026, 10, 23)],
    ["$now('[Y0001]-[M01]')", '2026-11'],
    ['$sum($list)', 6],
    ['$states.input.items', ['one']],
    ['$states.input.items.$uppercase($)', 'ONE'],
    ['null', null],
  ])('%s', async (source, expected) => {
    expect(await evaluate(source, { items: ['one'] })).toEqual(expected);
  });

  it('$uuid gives a version 4 UUID, a new one each time', async () => {
    const [one, other] = [await evaluate('$uuid()'), await evaluate('$uuid()')];
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(other).not.toBe(one);
  });

  it.each<[string, string]>([
    ['$doesNotExist', `'$doesNotExist' specified for the field 'Output' returned nothing (undefined).`],
    [
      '$states.input.missing',
      `'$states.input.missing' specified for the field 'Output' returned nothing (undefined).`,
    ],
    ['$sum', `'$sum' specified for the field 'Output' returned an unsupported result type.`],
    [
      'function($x){ $x }',
      `'function($x){ $x }' specified for the field 'Output' returned an unsupported result type.`,
    ],
    ['$randomSeeded(1)', `threw an error during evaluation. T1006: Attempted to invoke a non-function`],
    ["$eval('1')", `$eval is not supported: use $parse to read JSON`],
    ["$hash('a', 'CRC')", `$hash knows MD5, SHA-1, SHA-256, SHA-384, SHA-512, not CRC`],
    ['$partition([1], 0)', `$partition needs a size of at least 1`],
    ['$range(0, 1, 0)', `$range needs a step other than 0`],
    ["$parse('{')", 'threw an error during evaluation.'],
    ['$error("no good")', 'D3137: no good'],
    ['( $f := function($n) { 1 + $f($n + 1) }; $f(0) )', 'threw an error during evaluation.'],
  ])('%s fails with States.QueryEvaluationError', async (source, message) => {
    await expect(evaluate(source)).rejects.toMatchObject({
      error: 'States.QueryEvaluationError',
      location: 'Output',
      reason: expect.stringMatching(/./),
    });
    const error = await evaluate(source).catch((thrown) => thrown);
    expect(error.reason).toContain(PREFIX);
    expect(error.reason).toContain(message);
  });

  it('names the path to a failing expression inside a field', async () => {
    const error = await evaluator
      .evaluate(
        { a: { b: [1, '{% $nothing %}'] } },
        { states: {}, variables: {} },
        { name: 'State', enteredId: 2 },
        'Output',
      )
      .catch((thrown) => thrown);
    expect(error.location).toBe('Output/a/b[1]');
  });

  it('does not let an expression change what others see', async () => {
    const input = { list: [3, 1, 2] };
    await evaluate('$sort($states.input.list)', input);
    await evaluate("$states.input ~> |$|{'list': 'gone'}|", input);
    expect(input).toEqual({ list: [3, 1, 2] });
  });
});
