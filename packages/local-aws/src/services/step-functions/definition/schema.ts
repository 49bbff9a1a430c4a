import * as z from 'zod';

/**
 * The fields of each state type with the JSONata query language, strictly: what is not here is refused by its
 * name. Rules that concern more than one field or state are in the neighbouring files.
 */

const json = z.json();

/** Greatest number of seconds that Step Functions takes: three years. */
const LONGEST = 99_999_999;

/** A literal that passes `is`, or an expression that gives one. */
function literalOr(is: (value: unknown) => boolean, description: string) {
  const sound = (value: unknown) =>
    is(value) || (typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}'));
  return z.custom(sound, { error: `must be ${description} or a JSONata expression {% … %}` });
}

function integerOr(least: number) {
  const is = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= LONGEST;
  return literalOr(is, `an integer from ${least} to ${LONGEST}`);
}

const stateName = z.string().min(1).max(80);
const assign = z.record(z.string(), json);
const common = { Comment: z.string().optional(), QueryLanguage: z.literal('JSONata').optional() };
const transition = { Next: stateName.optional(), End: z.boolean().optional() };
const results = { Output: json.optional(), Assign: assign.optional() };
const errorEquals = z.array(z.string().min(1)).min(1);

const retrier = z.strictObject({
  ErrorEquals: errorEquals,
  Comment: z.string().optional(),
  IntervalSeconds: z.int().min(1).max(LONGEST).optional(),
  MaxAttempts: z.int().min(0).max(LONGEST).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).max(31_622_399).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
});

const catcher = z.strictObject({
  ErrorEquals: errorEquals,
  Comment: z.string().optional(),
  Next: stateName,
  ...results,
});

const handlers = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };
const workflow = {
  Comment: z.string().optional(),
  StartAt: stateName,
  States: z.record(stateName, z.unknown()),
};

/** By `Type`. The states of branches and item processors are checked one by one, not here. */
export const STATE_SCHEMAS = {
  Pass: z.strictObject({ Type: z.literal('Pass'), ...common, ...transition, ...results }),
  Task: z.strictObject({
    Type: z.literal('Task'),
    ...common,
    ...transition,
    ...results,
    ...handlers,
    Resource: z.string().min(1),
    Arguments: json.optional(),
    TimeoutSeconds: integerOr(1).optional(),
    HeartbeatSeconds: integerOr(1).optional(),
  }),
  Choice: z.strictObject({
    Type: z.literal('Choice'),
    ...common,
    ...results,
    Choices: z
      .array(
        z.strictObject({
          Comment: z.string().optional(),
          Condition: literalOr((value) => typeof value === 'boolean', 'true, false'),
          Next: stateName,
          ...results,
        }),
      )
      .min(1),
    Default: stateName.optional(),
  }),
  Wait: z.strictObject({
    Type: z.literal('Wait'),
    ...common,
    ...transition,
    ...results,
    Seconds: integerOr(0).optional(),
    Timestamp: z.string().optional(),
  }),
  Succeed: z.strictObject({ Type: z.literal('Succeed'), ...common, Output: json.optional() }),
  Fail: z.strictObject({
    Type: z.literal('Fail'),
    ...common,
    Error: z.string().optional(),
    Cause: z.string().optional(),
  }),
  Parallel: z.strictObject({
    Type: z.literal('Parallel'),
    ...common,
    ...transition,
    ...results,
    ...handlers,
    Arguments: json.optional(),
    Branches: z.array(z.strictObject(workflow)).min(1),
  }),
  Map: z.strictObject({
    Type: z.literal('Map'),
    ...common,
    ...transition,
    ...results,
    ...handlers,
    Items: literalOr(
      (value) => typeof value === 'object' && value !== null,
      'an array, an object',
    ).optional(),
    ItemSelector: json.optional(),
    ItemProcessor: z.strictObject({
      ...workflow,
      ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE').optional() }).optional(),
    }),
    MaxConcurrency: integerOr(0).optional(),
  }),
} as const;

export const DEFINITION_SCHEMA = z.strictObject({
  ...workflow,
  QueryLanguage: z.enum(['JSONata', 'JSONPath']).optional(),
  Version: z.literal('1.0').optional(),
  TimeoutSeconds: z.int().min(1).max(LONGEST).optional(),
});

/** Fields that AWS knows and this local Step Functions does not, with what to do instead. */
export const REFUSED_FIELDS: Record<string, string> = {
  ItemReader: 'distributed Map (ItemReader) is not supported: pass the items as state input',
  ItemBatcher: 'distributed Map (ItemBatcher) is not supported',
  ResultWriter: 'distributed Map (ResultWriter) is not supported',
  Label: 'distributed Map (Label) is not supported',
  ToleratedFailureCount: 'ToleratedFailureCount is not supported: catch errors inside the ItemProcessor',
  ToleratedFailurePercentage:
    'ToleratedFailurePercentage is not supported: catch errors inside the ItemProcessor',
  Iterator: 'Iterator is the old name of ItemProcessor: use ItemProcessor',
  Credentials: 'Credentials (running a task as another role) is not supported',
  InputPath: 'InputPath belongs to JSONPath: use Arguments',
  Parameters: 'Parameters belongs to JSONPath: use Arguments',
  ResultSelector: 'ResultSelector belongs to JSONPath: use Output',
  ResultPath: 'ResultPath belongs to JSONPath: use Output',
  OutputPath: 'OutputPath belongs to JSONPath: use Output',
  ItemsPath: 'ItemsPath belongs to JSONPath: use Items',
  Result: 'Result belongs to JSONPath: use Output',
  Variable: 'Variable belongs to JSONPath: use Condition',
  SecondsPath: 'SecondsPath belongs to JSONPath: use Seconds with an expression',
  TimestampPath: 'TimestampPath belongs to JSONPath: use Timestamp with an expression',
  ErrorPath: 'ErrorPath belongs to JSONPath: use Error with an expression',
  CausePath: 'CausePath belongs to JSONPath: use Cause with an expression',
  TimeoutSecondsPath: 'TimeoutSecondsPath belongs to JSONPath: use TimeoutSeconds with an expression',
  HeartbeatSecondsPath: 'HeartbeatSecondsPath belongs to JSONPath: use HeartbeatSeconds with an expression',
  MaxConcurrencyPath: 'MaxConcurrencyPath belongs to JSONPath: use MaxConcurrency with an expression',
};
