import { ServiceError, type ServiceFactory } from 'local-aws';
import type { ManualClock } from 'local-aws/testing';
import { callFunction, type FunctionName } from '../statemachines/functions.ts';
import { createInProcessLambda } from '../statemachines/in-process-lambda.ts';
import type { Activity } from './activity.ts';
import {
  currentInvocation,
  type Invocation,
  never,
  type WireAnswer,
  type WireRequest,
} from './invocation.ts';
import type { Ledger } from './ledger.ts';
import { describeRequest, refusal, serviceOf } from './refusals.ts';
import type { Kill, Plan, WireFault } from './schedule.ts';

/** How Lambda reports a process that is gone, whatever ended it. */
class ExitError extends Error {
  override readonly name = 'Runtime.ExitError';
}

export interface LambdaSurroundings {
  clock: ManualClock;
  activity: Activity;
  ledger: Ledger;
  plan: Pick<Plan, 'kills' | 'wires' | 'refused' | 'outage' | 'starts'>;
  /** Called before each request to AWS with its number in the run. */
  onRequest?(number: number): void;
  /** Replaces functions: for tests of the suite itself. */
  call?: typeof callFunction;
}

/** Runs functions in this process, and kills them, or what they ask, as planned. */
export class KillingLambda {
  readonly #around: LambdaSurroundings;
  readonly #kills: Kill[];
  readonly #wires: WireFault[];
  /** Requests so far by service. */
  readonly #asked = new Map<string, number>();
  #requests = 0;
  #invocations = 0;
  #outageEnds: number | undefined;
  /** Most requests that an invocation of each function has made. */
  readonly most = new Map<FunctionName, number>();

  constructor(around: LambdaSurroundings) {
    this.#around = around;
    this.#kills = around.plan.kills.map((kill) => ({ ...kill }));
    this.#wires = around.plan.wires.map((fault) => ({ ...fault }));
  }

  /** As Step Functions sees it: what is refused never runs. */
  get service(): ServiceFactory {
    const create = createInProcessLambda((name, event) => this.call(name, event));
    return (world) => {
      const lambda = create(world);
      const invoke = lambda.operations.Invoke!;
      const { ledger, plan } = this.#around;
      lambda.operations.Invoke = (input, context) => {
        this.#invocations += 1;
        if (plan.refused.includes(this.#invocations)) {
          const throttled = this.#invocations % 2 === 0;
          ledger.strike(
            'lambda-refused',
            `${input.FunctionName.split(':').at(-1)} (${throttled ? 429 : 500})`,
          );
          throw throttled
            ? new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429)
            : new ServiceError('ServiceException', 'An error occurred. Please retry.', 500);
        }
        return invoke(input, context);
      };
      return lambda;
    };
  }

  /** @throws ExitError when it was killed, the function's own errors as they are */
  async call(name: FunctionName, event: unknown): Promise<unknown> {
    const { activity, clock, ledger, call = callFunction } = this.#around;
    let kill = (_error: Error) => {};
    const killed = new Promise<never>((_resolve, reject) => {
      kill = reject;
    });
    killed.catch(() => {});
    const die = (kind: Parameters<Ledger['strike']>[0], point: string, what: string): Promise<never> => {
      invocation.dead = true;
      ledger.strike(kind, what, { point });
      kill(new ExitError('Error: Runtime exited with error: signal: killed'));
      return never();
    };
    const invocation: Invocation = {
      name,
      clock,
      requests: 0,
      sending: 0,
      asking: 0,
      waiting: 0,
      dead: false,
      send: (request, forward) => this.#send(invocation, request, forward, die),
    };
    const forget = activity.watch(
      () => invocation.sending > 0 || (invocation.waiting === 0 && invocation.asking === 0),
    );
    try {
      const result = await Promise.race([currentInvocation.run(invocation, () => call(name, event)), killed]);
      this.most.set(name, Math.max(this.most.get(name) ?? 0, invocation.requests));
      const beyond = this.#kills.find(
        (one) =>
          one.when !== 'lost' && one.name === name && one.request > invocation.requests && one.times > 0,
      );
      if (beyond !== undefined) {
        beyond.times -= 1;
        void die('lambda-killed-at-end', `${name} end`, `${name} after ${invocation.requests} requests`);
        return await killed;
      }
      return result;
    } finally {
      forget();
    }
  }

  async #send(
    invocation: Invocation,
    request: WireRequest,
    forward: () => Promise<WireAnswer>,
    die: (
      kind: 'lambda-killed-before-call' | 'lambda-killed-after-call',
      point: string,
      what: string,
    ) => Promise<never>,
  ): Promise<WireAnswer> {
    if (invocation.dead) return never();
    const { ledger, onRequest } = this.#around;
    const number = ++invocation.requests;
    const { name } = invocation;
    onRequest?.(++this.#requests);
    const what = `${name}, request ${number}: ${describeRequest(request)}`;
    const kill = this.#kills.find((one) => one.name === name && one.request === number && one.times > 0);
    if (kill !== undefined) kill.times -= 1;
    if (kill?.when === 'before') return die('lambda-killed-before-call', `${name} ${number} before`, what);

    const refused = this.#refusalOf(serviceOf(request), what);
    if (refused !== undefined) return refused;
    const answer = await this.#forward(invocation, request, forward);
    if (invocation.dead) return never();
    // The SDK compares it with its own time, and tries again whatever was refused while the two differ.
    answer.response.headers.date = new Date(this.#around.clock.now()).toUTCString();
    if (kill === undefined) return answer;
    (answer.response.body as { resume?(): void } | undefined)?.resume?.();
    if (kill.when === 'after') return die('lambda-killed-after-call', `${name} ${number} after`, what);
    ledger.strike('response-lost', what, { point: `${name} ${number} lost` });
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  }

  async #forward(
    invocation: Invocation,
    request: WireRequest,
    forward: () => Promise<WireAnswer>,
  ): Promise<WireAnswer> {
    const what = request.path.endsWith('/invocations') ? 'asking' : 'sending';
    invocation[what] += 1;
    try {
      return await (what === 'asking' ? this.#around.activity.patiently(forward) : forward());
    } finally {
      invocation[what] -= 1;
    }
  }

  /** What the service answers instead, if it throttles or fails now. */
  #refusalOf(service: string, what: string): WireAnswer | undefined {
    const { ledger, clock, plan } = this.#around;
    const asked = (this.#asked.get(service) ?? 0) + 1;
    this.#asked.set(service, asked);
    const { outage } = plan;
    if (outage?.service === service && asked >= outage.nth) {
      if (this.#outageEnds === undefined) {
        this.#outageEnds = clock.now() + outage.minutes * 60_000;
        ledger.strike('outage', `${service} for ${outage.minutes} minutes, from ${what} on`);
        // Whatever runs meanwhile may give up, as long as it leaves nothing wrong behind.
        const recoveries = ledger.lines.flatMap(({ done }) => (done?.startsWith('recovery-') ? done : []));
        for (const name of [...plan.starts.map((start) => start.name), ...recoveries]) {
          ledger.note(`${name} may fail`, { ruined: name });
        }
      }
      if (clock.now() < this.#outageEnds) return refusal(service, 'server-error');
    }
    const fault = this.#wires.find((one) => one.service === service && asked >= one.nth && one.requests > 0);
    if (fault === undefined) return undefined;
    fault.requests -= 1;
    ledger.strike(fault.kind, what);
    return refusal(service, fault.kind);
  }
}
