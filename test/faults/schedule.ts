import { executionName } from '#core/names.ts';
import { createRandom, type Random } from '#core/random.ts';
import { type FunctionName, functionNames } from '../statemachines/functions.ts';
import { type ServiceName, services } from './refusals.ts';

/** What a model is like, whatever happens around it. */
export type Quality =
  | 'good'
  /** No better than the baseline. */
  | 'poor'
  /** Its endpoint answers otherwise than its training job. */
  | 'liar'
  /** Healthy, and fails every invocation. */
  | 'mute'
  /** Never healthy. */
  | 'crasher';

/** Versions of the general model, in their order. */
export const versions = {
  older: '20261015T000000Z-aaaaaa',
  first: '20261101T000000Z-bbbbbb',
  second: '20261110T000000Z-cccccc',
  next: '20261121T000000Z-dddddd',
  newest: '20261122T000000Z-eeeeee',
} as const;

/** What has been deployed, without faults, before a run begins. */
export type Before = 'nothing' | 'one' | 'two' | 'instances';

/** One execution to be started. */
export interface Start {
  /** The execution's name. */
  name: string;
  version: string;
  /** Seconds from the beginning of the run. */
  after: number;
  /** By the manifest's arrival, or by a person with this input. */
  by: 'event' | { input: object };
}

export interface Kill {
  name: FunctionName;
  /** Its n-th request to AWS, from 1; a function that makes fewer ends before it has answered. */
  request: number;
  /**
   * Killed before the request is sent, or when it has taken effect; or only its response is lost, and the
   * function lives.
   */
  when: 'before' | 'after' | 'lost';
  /** Invocations that meet this, one after the other. */
  times: number;
}

export interface WireFault {
  kind: 'throttled' | 'server-error';
  service: ServiceName;
  /** From the service's n-th request in the run on. */
  nth: number;
  /** Requests that it hits, one after the other; an SDK client gives up after six. */
  requests: number;
}

/** A service that fails every request, from its n-th in the run on. */
export interface Outage {
  service: ServiceName;
  nth: number;
  minutes: number;
}

/** How a training job ends badly, the first of this version and mode. */
export interface JobFault {
  version: string;
  mode: 'transfer' | 'baseline';
  end: 'training-failed' | 'training-stopped' | 'training-over-time';
}

/** All that is going to happen in a run: everything follows from the seed. */
export interface Plan {
  seed: number;
  shape: Shape;
  before: Before;
  models: Record<string, Quality>;
  starts: Start[];
  /** What the person answers who is asked, one after the other. */
  answers: ('yes' | 'no' | 'mumble')[];
  /** Stops an execution so many seconds after its start. */
  stop?: { name: string; after: number };
  /** Shares of the events to which this happens. */
  events: { duplicated: number; lost: number; late: number };
  kills: Kill[];
  wires: WireFault[];
  outage?: Outage;
  /** Invocations that Lambda refuses, by their number in the run. */
  refused: number[];
  jobs: JobFault[];
  /** Versions of which the first container does not become healthy. */
  unhealthy: string[];
  /** Seconds that a training job takes at the most. */
  trainingSeconds: number;
  /** Seconds until a container answers `/ping`. */
  servingSeconds: number;
  /** When the process is killed, one life after the other. */
  processKills: ProcessKill[];
}

/** So many turns of the event loop after the n-th request that functions make in this life of the process. */
export interface ProcessKill {
  request: number;
  turns: number;
}

export const shapes = [
  'first',
  'update',
  'refused',
  'unconfirmed',
  'canary',
  'approval',
  'rollback',
  'gate-only',
  'two-models',
  'by-hand',
  'stopped',
] as const;
export type Shape = (typeof shapes)[number];

/** The part of a plan in which nothing goes wrong. */
export const faultless: Omit<Plan, 'before' | 'models' | 'starts'> = {
  seed: 0,
  shape: 'update',
  answers: [],
  events: { duplicated: 0, lost: 0, late: 0 },
  kills: [],
  wires: [],
  refused: [],
  jobs: [],
  unhealthy: [],
  trainingSeconds: 0,
  servingSeconds: 0,
  processKills: [],
};

/** Functions that run in one shape only. */
const rare: Partial<Record<FunctionName, Shape>> = {
  RestoreEndpoint: 'unconfirmed',
  AwaitApproval: 'approval',
  ReadApproval: 'approval',
  RollBackEndpoint: 'rollback',
  FindTraining: 'gate-only',
};

/** Requests that each function makes at the most, about; a kill beyond them hits at its end. */
const requestsOf: Partial<Record<FunctionName, number>> = {
  StartPromotion: 2,
  VerifyModel: 9,
  PrepareDomain: 12,
  StartFineTuning: 6,
  StartBaseline: 8,
  FindTraining: 3,
  EvaluateGate: 8,
  AwaitApproval: 3,
  DeployEndpoint: 16,
  ConfirmEndpoint: 8,
  RestoreEndpoint: 9,
  RollBackEndpoint: 14,
  FinishDomain: 17,
  RegisterModel: 9,
  WriteReport: 17,
  FinishPromotion: 12,
  ResumePromotion: 9,
};

/**
 * What happens in the run of this seed. Neighbouring seeds take one function after the other, and in each one
 * request after the other, so that some eight hundred runs kill every function at each of `requestsOf`. In
 * one of twenty the whole process is killed too, which takes as long as ten others.
 */
export function schedule(seed: number): Plan {
  const random = createRandom('faults', seed);
  const position = seed % functionNames.length;
  const round = Math.floor(seed / functionNames.length);
  const target = functionNames[position]!;
  const shape = rare[target] ?? pick(random, shapes);
  const kills = [
    killOf(target, round),
    killOf(functionNames[(position + 5) % functionNames.length]!, round + 3),
    ...(random.next() < 0.3 ? [killOf(pick(random, functionNames), random.below(100))] : []),
  ].map((kill) => ({ ...kill, times: random.next() < 0.25 ? 2 : 1 }));
  const plan: Plan = {
    seed,
    shape,
    ...scenes[shape](random),
    events: pick(random, [
      { duplicated: 1, lost: 0, late: 0 },
      { duplicated: 0.3, lost: 0.3, late: 0.3 },
      { duplicated: 0.2, lost: 0, late: 0.8 },
      { duplicated: 0, lost: 1, late: 0 },
    ]),
    kills,
    wires: Array.from({ length: random.below(4) }, () => wireFault(random)),
    refused: random.next() < 0.4 ? [1 + random.below(15)] : [],
    jobs: [],
    unhealthy: [],
    trainingSeconds: pick(random, [0, 30, 1_200]),
    servingSeconds: pick(random, [0, 2, 8]),
    processKills:
      seed % 20 === 5
        ? Array.from({ length: 1 + random.below(3) }, () => ({
            request: 2 + random.below(90),
            turns: random.below(30),
          }))
        : [],
  };
  const victim = plan.starts[0]!.version;
  if (shape !== 'gate-only' && random.next() < 0.16) {
    const end = pick(random, ['training-failed', 'training-stopped', 'training-over-time'] as const);
    plan.jobs.push({ version: victim, mode: pick(random, ['transfer', 'baseline']), end });
  }
  if (random.next() < 0.12) {
    const service = pick(random, ['s3', 'sagemaker', 'states'] as const);
    plan.outage = {
      service,
      nth: 1 + random.below(service === 's3' ? 120 : 15),
      minutes: 2 + random.below(30),
    };
  }
  if (shape !== 'gate-only' && random.next() < 0.14) plan.unhealthy.push(victim);
  return plan;
}

const pick = <Value>(random: Random, values: readonly Value[]): Value => values[random.below(values.length)]!;

function killOf(name: FunctionName, round: number): Omit<Kill, 'times'> {
  const sides = ['before', 'after', 'lost'] as const;
  const point = round % (sides.length * (requestsOf[name] ?? 8) + 1);
  return { name, request: 1 + Math.floor(point / sides.length), when: sides[point % sides.length]! };
}

function wireFault(random: Random): WireFault {
  const service = pick(random, services);
  const seldom = service === 'sns' || service === 'monitoring';
  return {
    service,
    kind: pick(random, ['throttled', 'server-error']),
    nth: 1 + random.below(seldom ? 2 : service === 's3' ? 70 : 14),
    requests: pick(random, [1, 2, 3, 7]),
  };
}

const event = (version: string, after = 0): Start => ({
  name: executionName('icons', version),
  version,
  after,
  by: 'event',
});
const byHand = (name: string, version: string, after: number, more: object = {}): Start => ({
  name,
  version,
  after,
  by: { input: { model: 'icons', version, domains: ['produce'], ...more } },
});

type Scene = Pick<Plan, 'before' | 'models' | 'starts' | 'answers'> & Partial<Plan>;
const { older, first, second, next, newest } = versions;

/** What each shape of run is about, before anything goes wrong. */
const scenes: Record<Shape, (random: Random) => Scene> = {
  first: () => ({ before: 'nothing', models: { [next]: 'good' }, starts: [event(next)], answers: [] }),
  update: (random) => ({
    before: pick(random, ['one', 'one', 'instances']),
    models: { [next]: 'good' },
    starts: [event(next)],
    answers: [],
  }),
  refused: (random) => ({
    before: pick(random, ['nothing', 'one']),
    models: { [next]: 'poor', [newest]: 'good' },
    starts: [event(next), ...(random.next() < 0.5 ? [event(newest, random.below(600))] : [])],
    answers: [],
  }),
  unconfirmed: (random) => ({
    before: pick(random, ['nothing', 'one', 'instances']),
    models: { [next]: pick(random, ['liar', 'mute']), [newest]: 'good' },
    starts: [event(next), ...(random.next() < 0.3 ? [event(newest, random.below(600))] : [])],
    answers: [],
  }),
  canary: (random) => ({
    before: 'instances',
    models: { [next]: pick(random, ['mute', 'good', 'crasher']) },
    starts: [event(next)],
    answers: [],
  }),
  approval: (random) => ({
    before: pick(random, ['nothing', 'one']),
    models: { [next]: 'good' },
    starts: [event(next)],
    answers: pick(random, [['yes'], ['mumble', 'yes'], ['no']]),
  }),
  rollback: (random) => ({
    before: 'two',
    models: { [next]: 'good' },
    starts: [
      {
        name: 'rollback-by-hand',
        version: first,
        after: random.below(1_500),
        by: { input: { rollback: { domain: 'produce', by: 'jane', reason: 'complaints' } } },
      },
      ...(random.next() < 0.5 ? [event(next)] : []),
    ],
    answers: [],
  }),
  'gate-only': (random) => ({
    before: 'one',
    models: { [next]: 'good' },
    starts: [
      byHand('asked-again', first, random.below(600), { gateOnly: { trainingOf: 'before-1' } }),
      ...(random.next() < 0.5 ? [event(next)] : []),
    ],
    answers: [],
  }),
  'two-models': (random) => ({
    before: pick(random, ['nothing', 'one']),
    models: {
      [next]: pick(random, ['good', 'good', 'liar']),
      [newest]: pick(random, ['good', 'good', 'poor', 'mute']),
    },
    starts: pick(random, [
      [event(next), event(newest, 1)],
      [event(newest), event(next, 1)],
    ]),
    answers: [],
  }),
  'by-hand': (random) => ({
    before: pick(random, ['one', 'nothing']),
    models: { [next]: 'good', [newest]: 'poor', [older]: 'good' },
    starts: [
      event(next),
      pick(random, [
        byHand('again-by-hand', next, random.below(1_500)),
        byHand('forced-by-hand', newest, random.below(1_500), { force: { by: 'jane', reason: 'the fair' } }),
        byHand('older-by-hand', older, random.below(1_500)),
      ]),
    ],
    answers: [],
  }),
  stopped: (random) => ({
    before: pick(random, ['nothing', 'one']),
    models: { [next]: 'good', [newest]: 'good' },
    starts: [event(next), event(newest, random.below(1_500))],
    stop: { name: executionName('icons', next), after: random.below(1_200) },
    answers: [],
  }),
};

/** Versions that are live before a run begins, in the order of their deployment. */
export const liveBefore: Record<Before, readonly string[]> = {
  nothing: [],
  one: [first],
  two: [first, second],
  instances: [first],
};
