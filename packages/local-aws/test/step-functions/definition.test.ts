import { describe, expect, it } from 'vitest';
import { describeDiagnostics } from '../../src/services/step-functions/definition/diagnostic.ts';
import { parseDefinition } from '../../src/services/step-functions/definition/parse.ts';
import { FUNCTION } from '../../src/testing/interpret.ts';

function problems(definition: unknown): string {
  const parsed = parseDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  return 'diagnostics' in parsed ? describeDiagnostics(parsed.diagnostics) : '';
}

/** A machine with one state, `X`. */
const x = (state: object, machine: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'X',
  States: { X: state },
  ...machine,
});
const PASS = { Type: 'Pass', End: true };
const TASK = { Type: 'Task', Resource: `${FUNCTION}f`, End: true };
const INVOKE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f' },
  End: true,
};
const workflow = (state: object, name = 'Inner') => ({ StartAt: name, States: { [name]: state } });
const MAP = { Type: 'Map', ItemProcessor: workflow(PASS), End: true };

describe('a definition', () => {
  it.each<[string, unknown]>([
    ['a Pass', x(PASS)],
    [
      'states that say JSONata themselves',
      { StartAt: 'X', States: { X: { ...PASS, QueryLanguage: 'JSONata' } } },
    ],
    [
      'every field of a Task',
      x({
        ...INVOKE,
        Comment: 'c',
        TimeoutSeconds: '{% 5 %}',
        HeartbeatSeconds: 3,
        Retry: [
          {
            ErrorEquals: ['A'],
            IntervalSeconds: 1,
            MaxAttempts: 0,
            BackoffRate: 1.5,
            MaxDelaySeconds: 9,
            JitterStrategy: 'NONE',
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'X', Output: 1, Assign: { a: 1 } }],
        Output: {},
        Assign: { b: '{% 1 %}' },
      }),
    ],
    [
      'sibling scopes that assign the same name',
      x({
        Type: 'Parallel',
        Branches: [
          workflow({ ...PASS, Assign: { a: 1 } }, 'A'),
          workflow({ ...PASS, Assign: { a: 1 } }, 'B'),
        ],
        End: true,
      }),
    ],
    ['Version and TimeoutSeconds', x(PASS, { Version: '1.0', TimeoutSeconds: 60, Comment: 'c' })],
  ])('with %s is accepted', (_, definition) => {
    expect(problems(definition)).toBe('');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'INVALID_JSON_DESCRIPTION: '],
    ['no object', '[]', 'Definition must be a valid JSON object at /'],
    ['no fields', {}, 'These fields are required: [StartAt, States] at /'],
    ['no states', { ...x(PASS), States: {} }, 'there are no states at /States'],
    ['a StartAt that is not there', { ...x(PASS), StartAt: 'Y' }, "Missing 'StartAt' target: Y at /StartAt"],
    [
      'a Next that is not there',
      x({ Type: 'Pass', Next: 'Y' }),
      "Missing 'Next' target: Y at /States/X/Next",
    ],
    [
      'a state that cannot be reached',
      { ...x(PASS), States: { X: PASS, Y: PASS } },
      'State "Y" is not reachable. at /States/Y',
    ],
    [
      'an unknown type',
      x({ Type: 'Loop', End: true }),
      'Type must be one of Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map at /States/X/Type',
    ],
    [
      'an unknown field',
      x({ ...PASS, Colour: 'red' }),
      'Field "Colour" is not supported at /States/X/Colour',
    ],
    ['an unknown field of the machine', x(PASS, { Owner: 'me' }), 'Field "Owner" is not supported at /Owner'],
    [
      'an unknown field of a retrier',
      x({ ...TASK, Retry: [{ ErrorEquals: ['A'], Times: 1 }] }),
      'Field "Times" is not supported at /States/X/Retry[0]/Times',
    ],
    [
      'Next and End',
      x({ ...PASS, Next: 'X' }),
      'only one of these fields is allowed: [Next, End] at /States/X',
    ],
    [
      'neither Next nor End',
      x({ Type: 'Pass' }),
      'one of these fields is required: [Next, End] at /States/X',
    ],
    [
      'JSONPath',
      { StartAt: 'X', States: { X: PASS } },
      'the state uses JSONPath (the default), which the local Step Functions does not support: set "QueryLanguage": "JSONata" at /States/X',
    ],
    [
      'JSONPath inside JSONata',
      x({ ...PASS, QueryLanguage: 'JSONPath' }),
      "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/X/QueryLanguage",
    ],
    [
      'a JSONPath field',
      x({ ...PASS, ResultPath: '$' }),
      'ResultPath belongs to JSONPath: use Output at /States/X/ResultPath',
    ],
    [
      'a distributed Map',
      x({ ...MAP, ItemProcessor: { ...workflow(PASS), ProcessorConfig: { Mode: 'DISTRIBUTED' } } }),
      'distributed Map (Mode DISTRIBUTED) is not supported at /States/X/ItemProcessor/ProcessorConfig/Mode',
    ],
    ['an ItemReader', x({ ...MAP, ItemReader: {} }), 'distributed Map (ItemReader) is not supported'],
    ['tolerated failures', x({ ...MAP, ToleratedFailureCount: 1 }), 'ToleratedFailureCount is not supported'],
    [
      '.sync',
      x({ ...INVOKE, Resource: 'arn:aws:states:::sagemaker:createTrainingJob.sync' }),
      'the integration pattern "sync" of sagemaker:createTrainingJob is not supported',
    ],
    [
      '.sync:2',
      x({ ...INVOKE, Resource: 'arn:aws:states:::states:startExecution.sync:2' }),
      'the integration pattern "sync:2" of states:startExecution is not supported',
    ],
    [
      'another service',
      x({ ...INVOKE, Resource: 'arn:aws:states:::dynamodb:putItem' }),
      'the service integration dynamodb:putItem is not supported at /States/X/Resource',
    ],
    [
      'an activity',
      x({ ...INVOKE, Resource: 'arn:aws:states:eu-central-1:000000000000:activity:a' }),
      'the service integration',
    ],
    ['no resource at all', x({ ...INVOKE, Resource: 'f' }), 'Resource "f" is neither'],
    [
      'a foreign argument',
      x({ ...INVOKE, Arguments: { FunctionName: 'f', Speed: 1 } }),
      'The field "Speed" is not supported by Step Functions at /States/X/Arguments',
    ],
    [
      'no arguments for an integration',
      x({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true }),
      'must be an object or a JSONata expression {% … %} at /States/X/Arguments',
    ],
    [
      'a heartbeat as long as the time-out',
      x({ ...TASK, TimeoutSeconds: 5, HeartbeatSeconds: 5 }),
      'HeartbeatSeconds must be smaller than TimeoutSeconds at /States/X/HeartbeatSeconds',
    ],
    [
      'a time-out of 0',
      x({ ...TASK, TimeoutSeconds: 0 }),
      'must be an integer from 1 to 99999999 or a JSONata expression {% … %} at /States/X/TimeoutSeconds',
    ],
    [
      'a time-out in words',
      x({ ...TASK, TimeoutSeconds: 'soon' }),
      'must be an integer from 1 to 99999999 or a JSONata expression',
    ],
    [
      'a half-open expression',
      x({ ...PASS, Output: { a: '{% 1 ' } }),
      'a JSONata expression must start with "{%" and end with "%}", with nothing around them at /States/X/Output/a',
    ],
    [
      'a broken expression',
      x({ ...PASS, Output: ['{% 1 + %}'] }),
      'the JSONata expression is not valid: Unexpected end of expression at /States/X/Output[0]',
    ],
    [
      '$eval',
      x({ ...PASS, Output: "{% ($a := $eval('1'); $a) %}" }),
      'the JSONata function $eval is not supported: use $parse at /States/X/Output',
    ],
    [
      'States.ALL in company',
      x({ ...TASK, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }),
      'States.ALL must stand alone at /States/X/Retry[0]/ErrorEquals',
    ],
    [
      'States.ALL before others',
      x({ ...TASK, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }),
      'States.ALL must be in the last rule at /States/X/Retry[0]/ErrorEquals',
    ],
    [
      'an empty ErrorEquals',
      x({ ...TASK, Retry: [{ ErrorEquals: [] }] }),
      'at /States/X/Retry[0]/ErrorEquals',
    ],
    [
      'Wait without a time',
      x({ Type: 'Wait', End: true }),
      'exactly one of these fields is required: [Seconds, Timestamp] at /States/X',
    ],
    [
      'Wait with a bad time',
      x({ Type: 'Wait', Timestamp: 'tomorrow', End: true }),
      '"tomorrow" is not an ISO 8601 date and time with offset at /States/X/Timestamp',
    ],
    [
      'a reserved variable',
      x({ ...PASS, Assign: { states: 1 } }),
      'the variable name "states" is reserved at /States/X/Assign/states',
    ],
    ['a strange variable', x({ ...PASS, Assign: { 'a-b': 1 } }), '"a-b" is not a variable name'],
    [
      'an outer variable assigned inside',
      x({ ...MAP, Assign: { a: 1 }, ItemProcessor: workflow({ ...PASS, Assign: { a: 2 } }) }),
      'the variable "a" is assigned in an outer scope, where it can only be read at /States/X/ItemProcessor/States/Inner/Assign/a',
    ],
    [
      'a name used twice',
      x({ ...MAP, ItemProcessor: workflow(PASS, 'X') }),
      'the state name "X" is used twice at /States/X/ItemProcessor/States/X',
    ],
    ['a Choice without choices', x({ Type: 'Choice', Choices: [] }), 'at /States/X/Choices'],
    [
      'a transition out of a branch',
      {
        ...x({ ...MAP, Next: 'Y', End: undefined, ItemProcessor: workflow({ Type: 'Pass', Next: 'Y' }) }),
        States: {
          X: { Type: 'Map', ItemProcessor: workflow({ Type: 'Pass', Next: 'Y' }), Next: 'Y' },
          Y: PASS,
        },
      },
      "Missing 'Next' target: Y at /States/X/ItemProcessor/States/Inner/Next",
    ],
  ])('with %s is refused', (_, definition, expected) => {
    expect(problems(definition)).toContain(expected);
  });
});
