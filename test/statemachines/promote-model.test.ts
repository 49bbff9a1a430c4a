import { existsSync, readFileSync } from 'node:fs';
import { getLanguageService } from 'amazon-states-language-service';
// @ts-expect-error it has no type declarations
import aslValidator from 'asl-validator';
import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import { definitionText as text } from './definition.ts';

interface State {
  Type: string;
  Resource?: string;
  TimeoutSeconds?: number | string;
  Arguments?: { FunctionName?: string };
  Retry?: { ErrorEquals: string[]; MaxAttempts: number; MaxDelaySeconds?: number; JitterStrategy?: string }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  ItemProcessor?: { States: Record<string, State> };
  Branches?: { States: Record<string, State> }[];
}
const machine = JSON.parse(text) as { States: Record<string, State> };

const allStates = (states: Record<string, State>): [string, State][] =>
  Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...allStates(state.ItemProcessor?.States ?? {}),
    ...(state.Branches ?? []).flatMap((branch) => allStates(branch.States)),
  ]);
const states = allStates(machine.States);
const tasks = states.filter(([, state]) => state.Type === 'Task');

/** Every string between `{% %}` with the path to it. */
function expressions(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') {
    const match = /^\{%([\s\S]*)%\}$/.exec(value);
    return match ? [[path, match[1]!.trim()]] : [];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => expressions(inner, `${path}/${key}`));
}
/** What AWS's language service says about a definition. */
async function diagnose(definition: string): Promise<string[]> {
  const lineStarts = [0, ...[...definition.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const document = {
    uri: 'file:///promote-model.asl.json',
    languageId: 'asl',
    version: 1,
    lineCount: lineStarts.length,
    getText: () => definition,
    positionAt(offset: number) {
      const line = lineStarts.findLastIndex((start) => start <= offset);
      return { line, character: offset - lineStarts[line]! };
    },
    offsetAt: ({ line, character }: { line: number; character: number }) => lineStarts[line]! + character,
  } as unknown as Parameters<ReturnType<typeof getLanguageService>['parseJSONDocument']>[0];
  const service = getLanguageService({});
  const diagnostics = await service.doValidation(document, service.parseJSONDocument(document));
  return diagnostics.map(({ message, range }) => `${range.start.line}: ${message}`);
}
/** A time-out, given or by an expression. */
async function secondsOf(timeout: number | string, maxSeconds: number): Promise<number> {
  if (typeof timeout === 'number') return timeout;
  const states = { input: { prepared: { resources: { maxSeconds } } } };
  return jsonata(timeout.slice(2, -2).trim()).evaluate({}, { states });
}
const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
const camel = (name: string) => name[0]!.toLowerCase() + name.slice(1);

describe('promote-model.asl.yml', () => {
  test('is accepted by asl-validator', () => {
    expect(aslValidator(JSON.parse(text))).toMatchObject({ isValid: true, errors: [] });
  });

  test("is accepted by AWS's language service, which finds a misspelt field", async () => {
    expect(await diagnose(text)).toEqual([]);
    const misspelt = text.replace('"TimeoutSeconds": 900', '"TimeoutSecondz": 900');
    expect(await diagnose(misspelt)).not.toEqual([]);
  });

  test('has one name for each task: state, file, function key and substitution agree', () => {
    const serverless = readFileSync('serverless.yml', 'utf8');
    for (const [name, state] of tasks.filter(([name]) => name !== 'WriteApprovalReport')) {
      expect(existsSync(`functions/${kebab(name)}.ts`), `functions/${kebab(name)}.ts`).toBe(true);
      expect(serverless, name).toMatch(
        new RegExp(`^  ${camel(name)}:\\n    handler: functions/${kebab(name)}\\.handler$`, 'm'),
      );
      expect(state.Arguments?.FunctionName).toBe(`\${${name}}`);
    }
    // The same report at two times.
    const before = tasks.find(([name]) => name === 'WriteApprovalReport')?.[1];
    expect(before?.Arguments?.FunctionName).toBe(`\${WriteReport}`);
    expect(tasks.length).toBeGreaterThan(10);
  });

  test.each(tasks)('%s has a time-out, retries and a catch for everything', (name, state) => {
    expect(state).toHaveProperty('TimeoutSeconds');
    const retried = (state.Retry ?? []).flatMap((retry) => retry.ErrorEquals);
    // A person who does not answer has answered.
    expect(retried.includes('States.Timeout')).toBe(name !== 'AwaitApproval');
    expect(retried).toEqual(
      expect.arrayContaining(['Transient', 'Lambda.TooManyRequestsException', 'Lambda.ServiceException']),
    );
    // How a process that was killed (out of memory, or with its host) is reported.
    expect(retried).toContain('Runtime.ExitError');
    const throttled = state.Retry!.find(({ ErrorEquals }) => ErrorEquals.includes('Transient'))!;
    expect(throttled.JitterStrategy).toBe('FULL');
    expect(state.Catch!.at(-1)!.ErrorEquals).toEqual(['States.ALL']);
  });

  test.each(
    tasks
      .filter(([name, state]) => state.Resource!.endsWith('.waitForTaskToken') && name !== 'AwaitApproval')
      .flatMap(([name, state]) => [60, 3600, 86_400].map((maxSeconds) => [name, maxSeconds, state] as const)),
  )('%s outlives a job of %i s, and asks after it a few times only', async (name, maxSeconds, state) => {
    const seconds = await secondsOf(state.TimeoutSeconds!, maxSeconds);
    const retry = state.Retry!.find(({ ErrorEquals }) => ErrorEquals.includes('States.Timeout'))!;
    // A spot job may take twice its time, a deployment 28,800 s.
    const longest = name.startsWith('Start') ? 2 * maxSeconds : 28_800;
    expect(seconds * (retry.MaxAttempts + 1)).toBeGreaterThan(longest);
    expect(seconds).toBeGreaterThanOrEqual(900);
    // Each of them is four events of the history's 25,000.
    expect(longest / seconds).toBeLessThanOrEqual(32);
  });

  test.each([
    'StartFineTuning',
    'StartBaseline',
    'DeployEndpoint',
    'RollBackEndpoint',
    'RestoreEndpoint',
    'FinishDomain',
  ])(
    '%s outlasts an outage of hours: giving up would waste a training, or leave an endpoint unconfirmed',
    (name) => {
      const [, state] = tasks.find(([task]) => task === name)!;
      const retry = state.Retry!.find(({ ErrorEquals }) => ErrorEquals.includes('Transient'))!;

      // With full jitter a pause is half as long on average.
      expect((retry.MaxAttempts * retry.MaxDelaySeconds!) / 2).toBeGreaterThan(2 * 3600);
    },
  );

  test('never retries what will not change', () => {
    const retried = new Set(tasks.flatMap(([, state]) => state.Retry!.flatMap((r) => r.ErrorEquals)));
    for (const name of [
      'States.ALL',
      'States.TaskFailed',
      'IntegrityViolation',
      'InvalidInput',
      'TrainingFailed',
      'GoldenMismatch',
      'Superseded',
      'ChampionChanged',
    ]) {
      expect(retried).not.toContain(name);
    }
  });

  test.each(expressions(JSON.parse(text)))('%s is JSONata that compiles', (_path, expression) => {
    expect(() => jsonata(expression)).not.toThrow();
  });
});

/** The expressions do what they say, as jsonata evaluates them. */
describe('its expressions', () => {
  const evaluate = async (path: string, states: Record<string, unknown>) => {
    const expression = new Map(expressions(JSON.parse(text))).get(path);
    expect(expression, `no expression at ${path}`).toBeDefined();
    const compiled = jsonata(expression!);
    compiled.registerFunction('parse', (json: string) => JSON.parse(json));
    return compiled.evaluate({}, { states });
  };
  const map = '/States/PromoteDomains';
  const item = `${map}/ItemProcessor/States`;

  test.each([[[]], [['produce']], [['produce', 'tools']]])('map over %j as a list', async (domains) => {
    expect(await evaluate(`${map}/Items`, { input: { domains } })).toEqual(domains);
    const outcomes = domains.map((domain) => ({ domain, outcome: 'DEPLOYED' }));
    const after = await evaluate(`${map}/Output`, { input: { model: 'icons', domains }, result: outcomes });
    expect(after).toEqual({ model: 'icons', domains, outcomes });
    expect(await evaluate('/States/FinishPromotion/Arguments/Payload/outcomes', { input: after })).toEqual(
      outcomes,
    );
  });

  test('add what both training jobs brought, each under its mode', async () => {
    const input = { domain: 'produce' };
    const result = [{ job: 'transfer' }, { job: 'baseline' }];
    expect(await evaluate(`${item}/Train/Output`, { input, result })).toEqual({
      domain: 'produce',
      training: { transfer: { job: 'transfer' }, baseline: { job: 'baseline' } },
    });
  });

  test.each([
    ['PROMOTE', true],
    ['REJECT', false],
  ])('deploy after %s: %s', async (decision, deploys) => {
    const path = `${item}/IsPromoted/Choices/0/Condition`;
    expect(await evaluate(path, { input: { gate: { decision } } })).toBe(deploys);
  });

  test.each([
    ['a rejected model is not forced', { gate: { decision: 'REJECT' }, manual: {} }, false],
    [
      'a rejected model is forced',
      { gate: { decision: 'REJECT', forced: { by: 'jane' } }, manual: {} },
      true,
    ],
    [
      'the gate alone is asked',
      { gate: { decision: 'PROMOTE' }, manual: { gateOnly: { trainingOf: 'x' } } },
      false,
    ],
  ])('deploy where %s', async (_what, input, deploys) => {
    expect(await evaluate(`${item}/IsPromoted/Choices/0/Condition`, { input })).toBe(deploys);
  });

  test.each([
    [{ approval: { required: true } }, true],
    [{ approval: { required: false } }, false],
    [{}, false],
  ])('ask a person after %j: %s', async (prepared, asks) => {
    expect(await evaluate(`${item}/NeedsApproval/Choices/0/Condition`, { input: { prepared } })).toBe(asks);
  });

  test.each<[object | null, 'yes' | 'no' | 'no answer']>([
    [{ approved: true, by: 'jane' }, 'yes'],
    [{ approved: false, by: 'jane', comment: 'limes' }, 'no'],
    [{}, 'no answer'],
  ])('take %j, which ReadApproval returned, as %s', async (Payload, meaning) => {
    const asked = { input: { domain: 'produce' }, result: 'whatever was sent' };
    const answered = await evaluate(`${item}/AwaitApproval/Output`, asked);
    expect(await evaluate(`${item}/ReadApproval/Arguments/Payload/answer`, { input: answered })).toBe(
      'whatever was sent',
    );
    const input = await evaluate(`${item}/ReadApproval/Output`, { input: answered, result: { Payload } });
    const [yes, no] = await Promise.all(
      [0, 1].map((n) => evaluate(`${item}/IsApproved/Choices/${n}/Condition`, { input })),
    );

    expect({ yes, no }).toEqual({ yes: meaning === 'yes', no: meaning === 'no' });
    expect(await evaluate(`${item}/AwaitApproval/Arguments/Payload/again`, { input })).toBe(true);
  });

  test('take an unanswered question for a no', async () => {
    const input = { domain: 'produce', prepared: { approval: { timeoutSeconds: 60 } } };

    expect(await evaluate(`${item}/AwaitApproval/Catch/0/Output`, { input })).toMatchObject({
      approval: { approved: false, by: null, comment: 'Nobody answered within 60 s' },
    });
  });

  test('keep no half answer beside an error', async () => {
    const input = { domain: 'produce', approval: {} };
    const errorOutput = { Error: 'Transient' };

    expect(await evaluate(`${item}/AwaitApproval/Catch/1/Output`, { input, errorOutput })).toEqual({
      domain: 'produce',
      error: errorOutput,
    });
  });

  test.each([
    [[], false],
    [['produce'], true],
    [['produce', 'tools'], true],
  ])('fail the execution when %j failed: %s', async (failed, fails) => {
    expect(await evaluate('/States/AnyFailed/Choices/0/Condition', { input: { failed } })).toBe(fails);
  });

  test.each([
    [
      'the sentence that a Lambda threw',
      { Error: 'InvalidInput', Cause: '{"errorType":"InvalidInput","errorMessage":"model: missing"}' },
      'model: missing',
    ],
    [
      'plain text as it is',
      { Error: 'TrainingFailed', Cause: 'Training job x failed' },
      'Training job x failed',
    ],
    ['the name where there is nothing else', { Error: 'States.Timeout', Cause: '' }, 'States.Timeout'],
    ['the name where there is no cause at all', { Error: 'States.Timeout' }, 'States.Timeout'],
  ])('give %s as the cause of an execution that is aborted', async (_what, error, cause) => {
    expect(await evaluate('/States/PromotionAborted/Cause', { input: { error } })).toBe(cause);
    expect(await evaluate(`${item}/DomainUnfinished/Output/reason`, { input: { error } })).toBe(cause);
  });
});
