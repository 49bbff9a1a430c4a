import { parseResource } from '../definition/resource.ts';
import type { TaskState } from '../definition/types.ts';
import { runtimeError, StatesError } from '../errors.ts';
import { toStatesError, withHandlers } from '../handlers.ts';
import type { Entry } from '../history.ts';
import type { Json } from '../json.ts';
import { checkSize } from '../jsonata.ts';
import { isIntegerFrom } from '../ranges.ts';
import { type Exit, evaluateExit } from '../results.ts';
import { type Visit, visibleTo } from '../scope.ts';
import { awaitTask } from './await-task.ts';
import { type TaskEvents, taskEvents } from './task-events.ts';

/** What an attempt needs to know beside its arguments, kept with the `…Scheduled` event. */
export interface Plan {
  timeoutSeconds?: number;
  heartbeatSeconds?: number;
}

/** Asks a Lambda function or another service, and with a task token waits for the answer from outside. */
export function task(visit: Visit, state: TaskState): Promise<Exit> {
  return withHandlers(visit, state, async (key) => {
    const result = await perform(visit, state, key);
    return evaluateExit(visit, state, result, { visible: { result } });
  });
}

async function perform(visit: Visit, state: TaskState, key: string): Promise<Json> {
  const { scope } = visit;
  const resource = parseResource(state.Resource);
  if (typeof resource === 'string') throw runtimeError(resource);
  const events = taskEvents(resource);
  const token =
    resource.kind === 'integration' && resource.waitForTaskToken ? scope.run.tokenFor(key) : undefined;
  const scheduled =
    scope.recall(`${key}/scheduled`) ?? (await schedule(visit, state, key, { events, token }));
  const input = events.inputOf(scheduled);
  const started = scope.event(`${key}/started`, events.started, events.details({}));
  const done = scope.recall(`${key}/done`);
  if (done) return outcomeOf(done);
  try {
    const value = await awaitTask({
      scope,
      key,
      startedAt: started.time,
      plan: scheduled.data as Plan,
      waitsForToken: token !== undefined,
      invoke: () => scope.run.integrate(state.Resource, input),
      submitted: (output) =>
        scope.event(`${key}/submitted`, 'TaskSubmitted', events.details(outputDetails(output))),
    });
    checkSize(value, visit.name);
    scope.event(`${key}/done`, events.succeeded, events.details(outputDetails(value)));
    return value;
  } catch (cause) {
    const error = toStatesError(cause);
    recordFailure(visit, key, events, error);
    throw error;
  }
}

async function schedule(
  visit: Visit,
  state: TaskState,
  key: string,
  { events, token }: { events: TaskEvents; token: string | undefined },
): Promise<Entry> {
  const { evaluator, region } = visit.scope.run;
  const place = { name: visit.name, enteredId: visit.enteredId };
  const visible = visibleTo(visit, {}, token);
  const input =
    state.Arguments === undefined
      ? visit.input
      : await evaluator.evaluate(state.Arguments, visible, place, 'Arguments');
  const seconds = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds') => {
    const template = state[field];
    if (template === undefined) return undefined;
    return evaluator.evaluateTo({ template, location: field }, visible, place, {
      expected: 'integer',
      is: isIntegerFrom(1, 99_999_999),
    });
  };
  const timeoutSeconds = await seconds('TimeoutSeconds');
  const heartbeatSeconds = await seconds('HeartbeatSeconds');
  const plan: Plan = {
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  };
  return visit.scope.event(
    `${key}/scheduled`,
    events.scheduled,
    events.scheduledDetails(input, plan, region),
    { data: plan },
  );
}

function outputDetails(output: Json) {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** History's failures do not tell `States.HeartbeatTimeout`, so the aliases are recorded with them. */
function recordFailure(visit: Visit, key: string, events: TaskEvents, error: StatesError): void {
  const details = {
    ...(error.error === undefined ? {} : { error: error.error }),
    ...(error.reason ? { cause: error.reason } : {}),
  };
  const type = error.error === 'States.Timeout' && error.reason === '' ? events.timedOut : events.failed;
  const { aliases, error: name, reason } = error;
  visit.scope.event(`${key}/done`, type, events.details(details), {
    data: { error: name, reason, aliases },
  });
}

function outcomeOf(done: Entry): Json {
  if (done.type?.endsWith('Succeeded'))
    return JSON.parse((done.details as { output: string }).output) as Json;
  const { error, reason, aliases } = done.data as { error?: string; reason?: string; aliases: string[] };
  throw new StatesError(error, reason, aliases);
}
