import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as events from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  paginateGetExecutionHistory,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusEvent, ServiceError, type ServiceFactory } from '../../src/service.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { createStepFunctions } from '../../src/services/step-functions/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

const MACHINE = 'arn:aws:states:eu-central-1:000000000000:stateMachine:';
// biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of CloudFormation
const WORK = '${Work}';

const machine = (name: string, States: Record<string, object>) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: ANY_ROLE,
    Definition: { QueryLanguage: 'JSONata', StartAt: Object.keys(States)[0], States },
    DefinitionSubstitutions: { Work: 'arn:aws:lambda:eu-central-1:000000000000:function:work' },
    Tags: [{ Key: 'project', Value: 'shop' }],
    LoggingConfiguration: {
      Level: 'ALL',
      IncludeExecutionData: true,
      Destinations: [
        { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-central-1:000000000000:log-group:x:*' } },
      ],
    },
    TracingConfiguration: { Enabled: true },
  },
});

const MACHINES = {
  Echo: machine('echo', { Same: { Type: 'Pass', End: true } }),
  Ask: machine('ask', {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: WORK, Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 600,
      HeartbeatSeconds: 60,
      End: true,
    },
  }),
  Call: machine('call', {
    Call: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: WORK, Payload: '{% $states.input %}' },
      End: true,
    },
  }),
  Direct: machine('direct', { Direct: { Type: 'Task', Resource: WORK, End: true } }),
  Tell: machine('tell', {
    Tell: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sns:publish',
      Arguments: { TopicArn: 'arn:aws:sns:eu-central-1:000000000000:topic', Message: '{% $states.input %}' },
      End: true,
    },
  }),
  Sleep: machine('sleep', { Sleep: { Type: 'Wait', Seconds: 3600, End: true } }),
  Sdk: machine('sdk', {
    Look: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sfn:describeExecution',
      Arguments: { ExecutionArn: '{% $states.input.arn %}' },
      End: true,
    },
  }),
  Store: machine('store', {
    Store: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:putObject',
      Arguments: { Bucket: 'results', Key: 'result', Body: '{% $states.input.body %}' },
      Next: 'Read',
    },
    Read: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
      Arguments: { Bucket: 'results', Key: 'result' },
      Output: '{% $states.result.Body %}',
      End: true,
    },
  }),
};
const BUCKET = { Results: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'results' } } };

interface Invocation {
  FunctionName: string;
  Payload: string;
}
let clock: ManualClock;
let state: string;
let local: LocalAws;
let sfn: SFNClient;
let invocations: Invocation[];
let published: BusEvent[];
let messages: string[];
let answer: (
  payload: string,
) => Partial<lambda.InvocationResponse> | Promise<Partial<lambda.InvocationResponse>>;

const fakeLambda: ServiceFactory = () => ({
  signingName: 'lambda',
  protocol: 'rest-json',
  schemas: lambda,
  operations: {
    Invoke: async ({ FunctionName, Payload }: lambda.InvocationRequest) => {
      const text = Buffer.from(Payload as Uint8Array).toString('utf8');
      invocations.push({ FunctionName: FunctionName as string, Payload: text });
      return { StatusCode: 200, ExecutedVersion: '$LATEST', ...(await answer(text)) };
    },
  },
});
const fakeSns: ServiceFactory = () => ({
  signingName: 'sns',
  protocol: 'query',
  schemas: sns,
  operations: {
    Publish: ({ Message }: sns.PublishInput) => {
      if (Message === 'refuse') throw new ServiceError('NotFoundException', 'no topic', 404);
      messages.push(Message as string);
      return { MessageId: 'message-1' };
    },
  },
});
const fakeBus: ServiceFactory = () => ({
  signingName: 'events',
  protocol: 'json-1.1',
  schemas: events,
  operations: {},
  onBusEvent: (event) => void published.push(event),
});

async function start(): Promise<void> {
  local = await startLocal({
    state,
    clock,
    services: [
      fakeLambda,
      fakeSns,
      fakeBus,
      provisioned(createS3, BUCKET),
      provisioned(createStepFunctions, MACHINES),
    ],
  });
  sfn = local.client(SFNClient);
}

beforeEach(async () => {
  clock = new ManualClock();
  state = mkdtempSync(join(tmpdir(), 'local-aws-states-'));
  invocations = [];
  published = [];
  messages = [];
  answer = (payload) => ({ Payload: Buffer.from(payload) as never });
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

const execute = (name: string, input?: string, executionName?: string) =>
  sfn.send(
    new StartExecutionCommand({
      stateMachineArn: MACHINE + name,
      ...(input === undefined ? {} : { input }),
      ...(executionName === undefined ? {} : { name: executionName }),
    }),
  );
const describeIt = (executionArn: string | undefined) =>
  sfn.send(new DescribeExecutionCommand({ executionArn }));

/** Runs an execution to its end. */
async function run(name: string, input?: string) {
  const { executionArn } = await execute(name, input);
  await expect.poll(async () => (await describeIt(executionArn)).status, { interval: 5 }).not.toBe('RUNNING');
  return describeIt(executionArn);
}

async function typesOf(executionArn: string | undefined): Promise<string[]> {
  const { events: found } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  return (found ?? []).map(({ type }) => type as string);
}

/** Starts `ask` and waits for its token. */
async function ask(): Promise<{ executionArn: string; taskToken: string }> {
  const { executionArn } = await execute('ask');
  await expect.poll(() => typesOf(executionArn), { interval: 5 }).toContain('TaskSubmitted');
  const { token } = JSON.parse(invocations.at(-1)?.Payload ?? '{}') as { token: string };
  return { executionArn: executionArn as string, taskToken: token };
}

describe('StartExecution', () => {
  it('runs the state machine and tells its output', async () => {
    const execution = await run('echo', '{"a":1}');
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      input: '{"a":1}',
      output: '{"a":1}',
      stateMachineArn: `${MACHINE}echo`,
      startDate: new Date(clock.now()),
      stopDate: new Date(clock.now()),
    });
    expect(execution.executionArn).toBe(
      `arn:aws:states:eu-central-1:000000000000:execution:echo:${execution.name}`,
    );
  });

  it('takes {} as the input where there is none', async () => {
    expect((await run('echo')).output).toBe('{}');
  });

  it('finds the running execution again with the same name and input', async () => {
    const first = await execute('sleep', '{"a":1}', 'promote-1');
    clock.advance(5000);
    const second = await execute('sleep', '{"a":1}', 'promote-1');
    expect(second.executionArn).toBe(first.executionArn);
    expect(second.startDate).toEqual(first.startDate);
  });

  it('refuses the name with another input, and after the end', async () => {
    const { executionArn } = await execute('sleep', '{"a":1}', 'promote-1');
    await expect(execute('sleep', '{"a":2}', 'promote-1')).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${executionArn}'`,
    });
    await sfn.send(new StopExecutionCommand({ executionArn }));
    await expect(execute('sleep', '{"a":1}', 'promote-1')).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });

  it.each<[string, string | undefined, string | undefined, string]>([
    ['a missing state machine', undefined, undefined, 'StateMachineDoesNotExist'],
    ['an input that is no JSON', 'not json', undefined, 'InvalidExecutionInput'],
    ['an empty input', '', undefined, 'InvalidExecutionInput'],
    ['an input of 262,145 bytes', JSON.stringify('#'.repeat(262_143)), undefined, 'ValidationException'],
    ['a name of 81 characters', '{}', 'x'.repeat(81), 'ValidationException'],
    ['a name with a slash', '{}', 'a/b', 'InvalidName'],
    ['a name with a space', '{}', 'a b', 'InvalidName'],
  ])('refuses %s', async (what, input, name, expected) => {
    const target = what.includes('machine') ? 'missing' : 'echo';
    await expect(execute(target, input, name)).rejects.toMatchObject({ name: expected });
  });

  it('takes an input of exactly 262,144 bytes and a name of 80 characters', async () => {
    await expect(execute('echo', JSON.stringify('#'.repeat(262_142)), 'x'.repeat(80))).resolves.toBeDefined();
  });

  it('refuses synchronous executions: they belong to express state machines', async () => {
    sfn.config.disableHostPrefix = true;
    const request = new StartSyncExecutionCommand({ stateMachineArn: `${MACHINE}echo` });
    await expect(sfn.send(request)).rejects.toMatchObject({ name: 'StateMachineTypeNotSupported' });
  });
});

describe('Lambda', () => {
  it('is invoked with the payload, and its answer comes with what is known about the invocation', async () => {
    const { output } = await run('call', '{"n":1}');
    expect(invocations).toEqual([
      { FunctionName: 'arn:aws:lambda:eu-central-1:000000000000:function:work', Payload: '{"n":1}' },
    ]);
    expect(JSON.parse(output as string)).toMatchObject({
      ExecutedVersion: '$LATEST',
      Payload: { n: 1 },
      SdkHttpMetadata: { HttpStatusCode: 200 },
      SdkResponseMetadata: { RequestId: expect.any(String) },
      StatusCode: 200,
    });
  });

  it('is its payload alone when the Resource is the function', async () => {
    expect((await run('direct', '{"n":1}')).output).toBe('{"n":1}');
  });

  it("fails with the type of the function's error, its report being the cause", async () => {
    const report = '{"errorType":"OutOfStock","errorMessage":"none left","trace":["OutOfStock: none left"]}';
    answer = () => ({ FunctionError: 'Unhandled', Payload: Buffer.from(report) as never });
    expect(await run('call')).toMatchObject({ status: 'FAILED', error: 'OutOfStock', cause: report });
  });

  it('fails with Lambda.Unknown when the report names no type', async () => {
    answer = () => ({ FunctionError: 'Unhandled', Payload: Buffer.from('"gone"') as never });
    expect(await run('call')).toMatchObject({
      error: 'Lambda.Unknown',
      cause:
        'The cause could not be determined because Lambda did not return an error type. Returned payload: "gone"',
    });
  });

  it('fails with the exception of the service', async () => {
    answer = () => {
      throw new ServiceError('TooManyRequestsException', 'Rate exceeded', 429);
    };
    expect((await run('call')).error).toBe('Lambda.TooManyRequestsException');
  });

  it('fails with the general exception when the role may not invoke it', async () => {
    answer = () => {
      throw new ServiceError(
        'AccessDeniedException',
        'not authorized to perform: lambda:InvokeFunction',
        403,
      );
    };
    expect(await run('call')).toMatchObject({
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('not authorized to perform: lambda:InvokeFunction'),
    });
  });
});

describe('sns:publish', () => {
  it('sends a value as its JSON text and tells the message id', async () => {
    const { output } = await run('tell', '{"a":1}');
    expect(messages).toEqual(['{"a":1}']);
    expect(JSON.parse(output as string)).toMatchObject({ MessageId: 'message-1', SdkHttpMetadata: {} });
  });

  it('sends text as it is', async () => {
    await run('tell', '"plain"');
    expect(messages).toEqual(['plain']);
  });

  it('names its errors after the service', async () => {
    expect((await run('tell', '"refuse"')).error).toBe('SNS.NotFoundException');
  });
});

describe('aws-sdk integrations', () => {
  it("call any local service, with members in the Java SDK's spelling", async () => {
    const { executionArn } = await execute('sleep');
    const { output } = await run('sdk', JSON.stringify({ arn: executionArn }));
    expect(JSON.parse(output as string)).toMatchObject({ ExecutionArn: executionArn, Status: 'RUNNING' });
  });

  it.each([
    ['an object', { accuracy: 0.7, labels: ['a'] }, '{"accuracy":0.7,"labels":["a"]}'],
    ['a list', [1, 2], '[1,2]'],
    ['a number', 7, '7'],
    ['text', 'plain text', 'plain text'],
  ])('send %s as the bytes of an object in S3', async (_what, body, stored) => {
    const { output } = await run('store', JSON.stringify({ body }));
    expect(JSON.parse(output as string)).toBe(stored);
  });

  it('name their errors after the service', async () => {
    const arn = 'arn:aws:states:eu-central-1:000000000000:execution:echo:none';
    expect((await run('sdk', JSON.stringify({ arn }))).error).toBe('Sfn.ExecutionDoesNotExistException');
  });
});

describe('task tokens', () => {
  it('SendTaskSuccess ends the task with the output', async () => {
    const { executionArn, taskToken } = await ask();
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"ok":true}' }));
    await expect
      .poll(async () => (await describeIt(executionArn)).output, { interval: 5 })
      .toBe('{"ok":true}');
  });

  it('SendTaskFailure ends the task with error and cause', async () => {
    const { executionArn, taskToken } = await ask();
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: 'TrainingFailed', cause: 'why' }));
    await expect
      .poll(() => describeIt(executionArn), { interval: 5 })
      .toMatchObject({ status: 'FAILED', error: 'TrainingFailed', cause: 'why' });
  });

  it('SendTaskHeartbeat keeps the task alive', async () => {
    const { executionArn, taskToken } = await ask();
    clock.advance(50_000);
    await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    clock.advance(50_000);
    expect((await describeIt(executionArn)).status).toBe('RUNNING');
    clock.advance(10_000);
    await expect
      .poll(() => describeIt(executionArn), { interval: 5 })
      .toMatchObject({ error: 'States.Timeout' });
    await expect(sfn.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  it('are refused when late, foreign or broken, and so is an output that is no JSON', async () => {
    const { executionArn, taskToken } = await ask();
    const send = (token: string, output = '1') =>
      sfn.send(new SendTaskSuccessCommand({ taskToken: token, output }));
    await expect(send('nonsense')).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(send(`${taskToken.slice(0, -8)}AAAAAAA=`)).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(send(taskToken, '{')).rejects.toMatchObject({ name: 'InvalidOutput' });
    await send(taskToken);
    await expect(send(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await expect.poll(async () => (await describeIt(executionArn)).status, { interval: 5 }).toBe('SUCCEEDED');
    await expect(send(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });
});

describe('after a restart over the same folder', () => {
  async function restart(): Promise<void> {
    await local.stop();
    await start();
  }

  it('a waiting task token is still valid, and nothing is invoked again', async () => {
    const { executionArn, taskToken } = await ask();
    await restart();
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '"late but fine"' }));
    await expect
      .poll(async () => (await describeIt(executionArn)).output, { interval: 5 })
      .toBe('"late but fine"');
    expect(invocations).toHaveLength(1);
  });

  it('a task that was in flight is invoked again', async () => {
    answer = () => new Promise(() => {});
    const { executionArn } = await execute('call', '{"n":1}');
    await expect.poll(() => invocations.length, { interval: 5 }).toBe(1);
    answer = (payload) => ({ Payload: Buffer.from(payload) as never });
    await restart();
    await expect.poll(async () => (await describeIt(executionArn)).status, { interval: 5 }).toBe('SUCCEEDED');
    expect(invocations.map(({ Payload }) => Payload)).toEqual(['{"n":1}', '{"n":1}']);
  });

  it('what ended is still there, with its history', async () => {
    const { executionArn } = await run('echo', '[1]');
    const before = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    await restart();
    expect(await describeIt(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '[1]' });
    const after = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(after.events).toEqual(before.events);
    await expect(execute('echo', '[1]', executionArn?.split(':').at(-1))).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });
});

describe('reading executions', () => {
  it('GetExecutionHistory tells every event with its details', async () => {
    const { executionArn } = await run('call', '{"n":1}');
    const { events: found } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(found?.map(({ id, previousEventId, type }) => `${previousEventId}→${id} ${type}`)).toEqual([
      '0→1 ExecutionStarted',
      '0→2 TaskStateEntered',
      '2→3 TaskScheduled',
      '3→4 TaskStarted',
      '4→5 TaskSucceeded',
      '5→6 TaskStateExited',
      '6→7 ExecutionSucceeded',
    ]);
    expect(found?.[0]?.executionStartedEventDetails).toEqual({
      input: '{"n":1}',
      inputDetails: { truncated: false },
      roleArn: ANY_ROLE,
    });
    expect(found?.[1]?.stateEnteredEventDetails).toMatchObject({ name: 'Call', input: '{"n":1}' });
    expect(found?.[2]?.taskScheduledEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'eu-central-1',
    });
    expect(found?.[5]?.stateExitedEventDetails?.name).toBe('Call');
    expect(found?.every(({ timestamp }) => timestamp instanceof Date)).toBe(true);
  });

  it('GetExecutionHistory pages, in either order, and leaves data out when asked', async () => {
    const { executionArn } = await run('echo', '{"secret":1}');
    const types: string[] = [];
    for await (const found of paginateGetExecutionHistory(
      { client: sfn, pageSize: 3 },
      { executionArn, reverseOrder: true },
    )) {
      expect(found.events?.length).toBeLessThanOrEqual(3);
      types.push(...(found.events ?? []).map(({ type }) => type as string));
    }
    expect(types).toEqual(['ExecutionSucceeded', 'PassStateExited', 'PassStateEntered', 'ExecutionStarted']);
    const bare = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
    );
    expect(JSON.stringify(bare.events)).not.toContain('secret');
    await expect(
      sfn.send(new GetExecutionHistoryCommand({ executionArn, nextToken: 'nonsense' })),
    ).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('ListExecutions tells the newest first, filters and pages', async () => {
    await execute('sleep', '{}', 'first');
    clock.advance(1000);
    const { executionArn } = await execute('sleep', '{}', 'second');
    clock.advance(1000);
    await execute('sleep', '{}', 'third');
    await sfn.send(new StopExecutionCommand({ executionArn }));
    const list = (more: object) =>
      sfn.send(new ListExecutionsCommand({ stateMachineArn: `${MACHINE}sleep`, ...more }));
    await expect
      .poll(async () => (await list({ statusFilter: 'ABORTED' })).executions?.map(({ name }) => name), {
        interval: 5,
      })
      .toEqual(['second']);
    const one = await list({ maxResults: 2 });
    const two = await list({ maxResults: 2, nextToken: one.nextToken });
    expect([...(one.executions ?? []), ...(two.executions ?? [])].map(({ name }) => name)).toEqual([
      'third',
      'second',
      'first',
    ]);
    expect(two.nextToken).toBeUndefined();
    await expect(list({ maxResults: 1001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('StopExecution aborts with error and cause', async () => {
    const { executionArn } = await execute('sleep');
    await sfn.send(new StopExecutionCommand({ executionArn, error: 'ByHand', cause: 'enough' }));
    await expect
      .poll(() => describeIt(executionArn), { interval: 5 })
      .toMatchObject({ status: 'ABORTED', error: 'ByHand', cause: 'enough' });
    expect(await typesOf(executionArn)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
  });

  it.each([
    ['nonsense', 'InvalidArn'],
    [`${MACHINE}echo`, 'InvalidArn'],
    ['arn:aws:states:eu-central-1:000000000000:execution:echo:none', 'ExecutionDoesNotExist'],
  ])('refuses the execution ARN %s', async (arn, expected) => {
    await expect(describeIt(arn)).rejects.toMatchObject({ name: expected });
  });
});

describe('state machines', () => {
  it('are listed and described as the template says', async () => {
    const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ name }) => name)).toEqual([
      'ask',
      'call',
      'direct',
      'echo',
      'sdk',
      'sleep',
      'store',
      'tell',
    ]);
    const stateMachineArn = `${MACHINE}call`;
    const found = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(found).toMatchObject({
      name: 'call',
      roleArn: ANY_ROLE,
      type: 'STANDARD',
      status: 'ACTIVE',
      loggingConfiguration: { level: 'ALL', includeExecutionData: true },
      tracingConfiguration: { enabled: true },
    });
    expect(JSON.parse(found.definition as string).States.Call.Arguments.FunctionName).toBe(
      'arn:aws:lambda:eu-central-1:000000000000:function:work',
    );
    const { tags } = await sfn.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn }));
    expect(tags).toEqual([{ key: 'project', value: 'shop' }]);
    const { executionArn } = await execute('call');
    const its = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(its).toMatchObject({ name: 'call', definition: found.definition, revisionId: found.revisionId });
  });

  it('are validated without being made', async () => {
    const validate = (definition: string) =>
      sfn.send(new ValidateStateMachineDefinitionCommand({ definition }));
    const good = await validate(JSON.stringify(MACHINES.Echo.Properties.Definition));
    expect(good).toMatchObject({ result: 'OK', diagnostics: [] });
    const bad = await validate('{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass"}}}');
    expect(bad).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', location: '/States/A' }],
    });
  });

  it.each<[string, object, string]>([
    [
      'an express machine',
      { StateMachineType: 'EXPRESS' },
      'only STANDARD state machines are supported locally',
    ],
    ['an unknown property', { Colour: 'red' }, 'Colour'],
    ['a missing substitution', { DefinitionSubstitutions: {} }, `nothing replaces ${WORK}`],
    ['no definition', { Definition: undefined }, 'needs either Definition or DefinitionString'],
    [
      'a broken definition',
      {
        Definition: undefined,
        DefinitionString: '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
      },
      'at /States/A',
    ],
  ])('with %s are refused before anything starts', async (_, more, expected) => {
    const { Properties, Type } = MACHINES.Call;
    const broken = { Broken: { Type, Properties: { ...Properties, ...more } } };
    const starting = startLocal({ services: [provisioned(createStepFunctions, broken)] });
    await expect(starting).rejects.toThrow(expected);
  });
});

it('tells the event bus when an execution starts and ends', async () => {
  const { executionArn } = await run('echo', '{"a":1}');
  await expect.poll(() => published.length, { interval: 5 }).toBe(2);
  expect(published.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
  expect(published[1]).toMatchObject({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: `${MACHINE}echo`,
      status: 'SUCCEEDED',
      startDate: clock.now(),
      stopDate: clock.now(),
      input: '{"a":1}',
      output: '{"a":1}',
    },
  });
});
