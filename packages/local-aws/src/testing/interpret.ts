import { parseDefinition } from '../services/step-functions/definition/parse.ts';
import type { Definition } from '../services/step-functions/definition/types.ts';
import { Execution } from '../services/step-functions/executions/execution.ts';
import type { Ending } from '../services/step-functions/executions/record.ts';
import type { Entry } from '../services/step-functions/history.ts';
import type { Json } from '../services/step-functions/json.ts';
import type { Integrate } from '../services/step-functions/scope.ts';
import { ManualClock } from './manual-clock.ts';

export const FUNCTION = 'arn:aws:lambda:eu-central-1:000000000000:function:';
export const EXECUTION = 'arn:aws:states:eu-central-1:000000000000:execution:test:one';

export interface Interpretation {
  execution: Execution;
  clock: ManualClock;
  log: Entry[];
  /** Set when the execution ended. */
  ending: Ending | undefined;
  ended: Promise<Ending | undefined>;
  /** Calls of Tasks so far, in order. */
  calls: { resource: string; input: Json }[];
  /** Runs everything that needs no time to pass. */
  settle(): Promise<void>;
  /** Sets the clock forward and runs everything that is due. */
  advance(seconds: number): Promise<void>;
  /** History so far, as `previous→id type`. */
  events(): string[];
  types(): string[];
}

export interface Options {
  input?: Json;
  integrate?: Integrate;
  clock?: ManualClock;
  /** A journal to go on from. */
  log?: Entry[];
  random?: () => number;
  /** Stops the execution before it is run. */
  stopFirst?: boolean;
}

/**
 * The interpreter without a service: a journal in memory, scripted Tasks, a clock that the test moves.
 */
export function interpret(definition: unknown, options: Options = {}): Interpretation {
  const parsed = parseDefinition(JSON.stringify({ QueryLanguage: 'JSONata', ...(definition as object) }));
  if ('diagnostics' in parsed) throw new Error(JSON.stringify(parsed.diagnostics, null, 1));
  const clock = options.clock ?? new ManualClock();
  const log = options.log ?? [];
  const calls: Interpretation['calls'] = [];
  const integrate: Integrate = async (resource, input) => {
    calls.push({ resource, input });
    if (!options.integrate) throw new Error('no answer is scripted');
    return options.integrate(resource, input);
  };
  const execution = makeExecution(parsed.definition, { options, clock, log, integrate });
  if (options.stopFirst) execution.end({ status: 'ABORTED' });
  const settle = async () => {
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const interpretation: Interpretation = {
    execution,
    clock,
    log,
    ending: undefined,
    ended: execution.run(),
    calls,
    settle,
    async advance(seconds) {
      await settle();
      clock.advance(seconds * 1000);
      await settle();
    },
    events: () => events(log).map(({ previous, id, type }) => `${previous}→${id} ${type}`),
    types: () => events(log).map(({ type }) => type as string),
  };
  void interpretation.ended.then((ending) => {
    interpretation.ending = ending;
  });
  return interpretation;
}

/** Runs to the end, without time passing. */
export async function run(
  definition: unknown,
  options: Options = {},
): Promise<Interpretation & { output: Json }> {
  const interpretation = interpret(definition, options);
  await interpretation.ended;
  const { output } = interpretation.ending ?? {};
  return Object.assign(interpretation, {
    output: output === undefined ? null : (JSON.parse(output) as Json),
  });
}

/** One state that ends the execution. */
export function single(state: object): object {
  return { StartAt: 'Only', States: { Only: { End: true, ...state } } };
}

function events(log: readonly Entry[]): Entry[] {
  return log.filter(({ type }) => type !== undefined);
}

interface Surroundings {
  options: Options;
  clock: ManualClock;
  log: Entry[];
  integrate: Integrate;
}

function makeExecution(definition: Definition, { options, clock, log, integrate }: Surroundings): Execution {
  const record = {
    arn: EXECUTION,
    name: 'one',
    machineArn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:test',
    machineName: 'test',
    revision: '1',
    input: JSON.stringify(options.input ?? {}),
    startDate: clock.now(),
    status: 'RUNNING' as const,
  };
  const journal = { entries: () => log, append: (...entries: Entry[]) => void log.push(...entries) };
  return new Execution({ record, definition, roleArn: 'arn:aws:iam::000000000000:role/test' }, journal, {
    clock,
    random: options.random ?? (() => 0.5),
    region: 'eu-central-1',
    integrate,
    tokenFor: (key) => `token-${key}`,
  });
}
