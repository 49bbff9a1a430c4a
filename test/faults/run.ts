import { SendTaskSuccessCommand, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { DomainInput } from '#core/contracts/domain.ts';
import { manifestKey } from '#core/keys.ts';
import { trainingJobName } from '#core/names.ts';
import { buckets } from '../functions/stage.ts';
import { pushModel, pushSettings, stateMachineArn } from '../statemachines/stack.ts';
import type { Fates } from './container.ts';
import { type Facts, findViolations, newestWanted, type Violation } from './invariants.ts';
import type { FaultKind } from './kinds.ts';
import type { Ledger, Line } from './ledger.ts';
import { ask, DOMAIN, type Evidence, endpointOf, observe, PREFIX } from './observe.ts';
import type { Plan, Start } from './schedule.ts';
import { privateKey, type Stage, type StageOptions, startStage } from './stage.ts';

const SECOND = 1000;
/**
 * Longer than any retry or time-out of a state lasts, after the last fault: an execution that still runs then
 * is stuck.
 */
const PATIENCE_MS = 24 * 3600 * SECOND;
/**
 * Pauses between two questions to the endpoint during an update, and between two looks of the person who
 * approves.
 */
const TRAFFIC_MS = 15 * SECOND;
const LOOK_MS = 60 * SECOND;
/**
 * Executions that a person starts where a good model is not live, one after the other: a plan has three
 * faults at the most that no retry mends.
 */
const RECOVERIES = ['recovery-1', 'recovery-2', 'recovery-3'];
/**
 * Real time in which a request that waits for nothing is answered; more only where the run's clock has to
 * move.
 */
const ANSWER_MS = 200;

export interface RunResult {
  plan: Plan;
  violations: Violation[];
  /** How often each kind of fault has struck. */
  struck: Partial<Record<FaultKind, number>>;
  /** Points at which functions were killed. */
  points: string[];
  /** Most requests that an invocation of each function made. */
  most: Record<string, number>;
  history: readonly Line[];
  evidence: Evidence;
}

export interface RunOptions extends Pick<StageOptions, 'folder' | 'onRequest' | 'call'> {
  onStage?(stage: Stage): void;
}

const arnOf = (name: string) =>
  `${stateMachineArn('promote-model').replace(':stateMachine:', ':execution:')}:${name}`;

/** The settings of the domain, which are those of the state folder unless a person is to be asked. */
export const settingsOf = (plan: Pick<Plan, 'before' | 'answers'>): Partial<DomainInput> => ({
  ...(plan.before === 'instances'
    ? {
        endpoint: {
          type: 'instances' as const,
          instanceType: 'ml.c5.large',
          instanceCount: 2,
          rollout: { type: 'canary' as const, percent: 50, waitSeconds: 120 },
        },
      }
    : {}),
  ...(plan.answers.length > 0 ? { approval: { required: true, timeoutSeconds: 86_400 } } : {}),
});

/**
 * Plays a plan on a prepared state folder, or goes on with it after a kill, until everything has settled;
 * then looks.
 */
export async function play(plan: Plan, options: RunOptions): Promise<RunResult> {
  let stage: Stage | undefined;
  const fates = (ledger: Ledger) => fatesOf(plan, ledger, () => stage!);
  stage = await startStage({ ...options, plan, fates });
  options.onStage?.(stage);
  const run = new Run(plan, stage);
  try {
    return await run.toTheEnd();
  } finally {
    await run.end().finally(() => stage.stop());
  }
}

class Run {
  readonly #plan: Plan;
  readonly #stage: Stage;
  readonly #starts: Start[];
  /** Things that the run itself is still going to do. */
  #ahead = 0;
  #over = false;

  constructor(plan: Plan, stage: Stage) {
    this.#plan = plan;
    this.#stage = stage;
    this.#starts = [...plan.starts];
  }

  async toTheEnd(): Promise<RunResult> {
    const { ledger, clock, lambda, s3 } = this.#stage;
    const plan = this.#plan;
    if (!ledger.isDone('began')) {
      if (plan.answers.length > 0) await pushSettings(s3, DOMAIN, settingsOf(plan));
      ledger.note(`seed ${plan.seed}: ${plan.shape}, before: ${plan.before}`, { done: 'began' });
    }
    const began = ledger.lines.find(({ done }) => done === 'began')!.at;
    for (const start of plan.starts) this.#at(began + start.after * SECOND, () => this.#start(start));
    const { stop } = plan;
    if (stop) this.#at(began + stop.after * SECOND, () => this.#stop(stop.name));
    if (plan.answers.length > 0) this.#every(LOOK_MS, () => this.#answer());
    if (plan.before === 'instances') this.#every(TRAFFIC_MS, () => this.#askWhileUpdating());
    await this.#settle();
    let evidence = await this.#look();
    const factsNow = (): Facts => ({ plan, starts: this.#starts, ruined: ruinedIn(ledger) });
    // Before the recovery nothing may be lost yet, but nothing wrong may be live either.
    const early = findViolations(factsNow(), evidence).filter(({ kind }) => kind !== 'lost model');
    for (const name of RECOVERIES) {
      const wanted = newestWanted({ plan, starts: this.#starts }, evidence);
      const { champion } = evidence;
      if (wanted === undefined || wanted <= (champion?.version ?? '') || champion?.rolledBackFrom) break;
      // What the documentation tells the owner of a failed promotion: start another execution.
      const input = { model: 'icons', version: wanted, domains: [DOMAIN] };
      const recovery: Start = { name, version: wanted, after: 0, by: { input } };
      this.#starts.push(recovery);
      // Nothing is started while a service is down.
      const pause = (plan.outage?.minutes ?? 0) * 60 * SECOND;
      this.#at(clock.now() + pause, () => this.#start(recovery));
      await this.#settle();
      evidence = await this.#look();
      // The plan may have had another fault in store that no retry mends; without one, this was the last
      // chance.
      if (!ruinedIn(ledger).has(name)) break;
    }
    if (evidence.executions.some(({ outcome }) => /ALARM state/.test(outcome?.reason ?? ''))) {
      ledger.strike('alarm-during-canary', 'SageMaker took the canary back');
    }
    return {
      plan,
      violations: [...early, ...findViolations(factsNow(), evidence)],
      struck: ledger.counts(),
      points: ledger.lines.flatMap(({ point }) => point ?? []),
      most: Object.fromEntries(lambda.most),
      history: ledger.lines,
      evidence,
    };
  }

  /** Does nothing any more that it does again and again, and waits for what is under way. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#stage.activity.untilQuiet();
  }

  /** Lets the clock run until nothing is going to happen any more, or patience ends. */
  async #settle(): Promise<void> {
    const { activity, clock, ledger, delivery } = this.#stage;
    const since = clock.now();
    for (;;) {
      await activity.untilQuiet();
      const last = Math.max(since, ...ledger.lines.filter(({ struck }) => struck).map(({ at }) => at));
      const idle = this.#ahead === 0 && delivery.waiting === 0;
      if (idle && (await this.#running()) === 0 && !(await this.#isMoving())) return;
      if (clock.next === undefined || clock.now() > last + PATIENCE_MS) return;
      this.#stage.step();
    }
  }

  /**
   * Looks at how everything stands; time goes on where an answer waits for it, as that of a container which
   * is being started again.
   */
  async #look(): Promise<Evidence> {
    const evidence = observe(this.#stage);
    for (;;) {
      const pause = new Promise<undefined>((resolve) => setTimeout(resolve, ANSWER_MS));
      const seen = await Promise.race([evidence, pause]);
      if (seen !== undefined) return seen;
      await this.#stage.activity.untilQuiet();
      this.#stage.step();
    }
  }

  async #running(): Promise<number> {
    const { world } = this.#stage.local;
    const input = { stateMachineArn: stateMachineArn('promote-model'), statusFilter: 'RUNNING' };
    const { executions } = (await world.call('states', 'ListExecutions', input)) as { executions: unknown[] };
    return executions.length;
  }

  async #isMoving(): Promise<boolean> {
    const endpoint = await endpointOf(this.#stage);
    return endpoint !== undefined && endpoint.status !== 'InService' && endpoint.status !== 'Failed';
  }

  #at(time: number, work: () => Promise<void>): void {
    const { clock, activity } = this.#stage;
    this.#ahead += 1;
    clock.after(Math.max(0, time - clock.now()), () => {
      void activity.during(work).finally(() => {
        this.#ahead -= 1;
      });
    });
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    const { clock, activity } = this.#stage;
    const next = () => {
      if (this.#over) return;
      clock.after(milliseconds, () => void activity.patiently(work).finally(next));
    };
    next();
  }

  async #start({ name, version, by }: Start): Promise<void> {
    const { ledger, s3, sfn, delivery } = this.#stage;
    if (by === 'event') {
      if (!ledger.isDone(name)) await pushModel(s3, privateKey, version);
      ledger.note(`${version} arrives`, { done: name });
      const key = manifestKey('icons', version);
      const object = { key, 'version-id': 'null', etag: version, sequencer: '1' };
      delivery.arrive({ detail: { bucket: { name: buckets.models }, object } }, `${key} has arrived`);
      if (this.#plan.shape === 'two-models') ledger.strike('two-models', version);
      return;
    }
    if (ledger.isDone(name)) return;
    const input = by.input as { version?: string };
    if (input.version !== undefined) await pushModel(s3, privateKey, version);
    if ((await this.#running()) > 0) ledger.strike('manual-during-automatic', name);
    await sfn
      .send(
        new StartExecutionCommand({
          stateMachineArn: stateMachineArn('promote-model'),
          name,
          input: JSON.stringify(by.input),
        }),
      )
      .catch((error: Error) => {
        // After a kill, what was started before it may be there already.
        if (error.name !== 'ExecutionAlreadyExists') throw error;
      });
    ledger.note(`a person starts ${name}: ${JSON.stringify(by.input)}`, { done: name });
  }

  async #stop(name: string): Promise<void> {
    const { ledger, sfn } = this.#stage;
    if (ledger.isDone('stopped') || (await this.#running()) === 0) return;
    await sfn
      .send(new StopExecutionCommand({ executionArn: arnOf(name), error: 'Stopped', cause: 'by a person' }))
      .then(
        () => ledger.strike('execution-stopped', name),
        (error: Error) => ledger.note(`${name} could not be stopped: ${error.message}`),
      );
    ledger.note('stopped', { done: 'stopped' });
  }

  /** The person who is asked looks now and then. */
  async #answer(): Promise<void> {
    const { ledger, s3, sfn } = this.#stage;
    for (const { token, execution } of await promotionStore(s3, buckets.artifacts).approvals.list()) {
      if (ledger.isDone(token)) continue;
      const given = ledger.lines.filter(({ done }) => done !== undefined && done.length > 100).length;
      const answer = this.#plan.answers[Math.min(given, this.#plan.answers.length - 1)]!;
      const output = {
        yes: { approved: true, by: 'jane' },
        no: { approved: false, by: 'jane', comment: 'limes' },
        mumble: { approved: 'well' },
      }[answer];
      const sent = await sfn
        .send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }))
        .then(
          () => true,
          () => false,
        );
      // The token of a killed attempt is of no use; the retry stores its own.
      if (sent) ledger.note(`jane answers ${execution}: ${answer}`, { done: token });
    }
  }

  async #askWhileUpdating(): Promise<void> {
    const endpoint = await endpointOf(this.#stage);
    if (endpoint?.status === 'Updating') for (let n = 0; n < 4; n++) await ask(this.#stage);
  }
}

const ruinedIn = (ledger: Ledger) => new Set(ledger.lines.flatMap(({ ruined }) => ruined ?? []));

/** What the plan makes of training jobs and containers, and what that does to their executions. */
function fatesOf(plan: Plan, ledger: Ledger, stageOf: () => Stage): Fates {
  const executions = [...plan.starts.map(({ name }) => name), ...RECOVERIES];
  // A rollback serves what an execution before this run has trained.
  const rollback = plan.starts.find(({ by }) => by !== 'event' && 'rollback' in by.input)?.name;
  const executionOf = (job: string) =>
    executions.find((execution) =>
      (['transfer', 'baseline'] as const).some(
        (mode) => trainingJobName(PREFIX, execution, DOMAIN, mode) === job,
      ),
    ) ?? rollback;
  const struckAlready = (kind: FaultKind, text: string) =>
    ledger.lines.some((line) => line.struck === kind && line.text.endsWith(text));
  const strikeOnce = (kind: FaultKind, text: string, job: string) => {
    const ruined = executionOf(job);
    if (struckAlready(kind, text)) return false;
    ledger.strike(kind, text, ruined === undefined ? {} : { ruined });
    return true;
  };
  return {
    trainingSeconds: plan.trainingSeconds,
    servingSeconds: plan.servingSeconds,
    quality: (version) => plan.models[version] ?? 'good',
    jobFault({ name, version, mode }) {
      if (mode === 'transfer' && plan.models[version] === 'poor') ledger.strike('gate-refuses', name);
      const fault = plan.jobs.find((one) => one.version === version && one.mode === mode);
      if (fault === undefined || !strikeOnce(fault.end, `${mode} of ${version}`, name)) return undefined;
      if (fault.end === 'training-stopped') {
        const { clock, local, activity } = stageOf();
        const stop = () => local.world.call('sagemaker', 'StopTrainingJob', { TrainingJobName: name });
        clock.after(90 * SECOND, () => void activity.during(stop).catch(() => {}));
      }
      return fault.end;
    },
    unhealthy({ general: { version }, trainingJob }) {
      const crasher = plan.models[version] === 'crasher';
      if (!crasher && !plan.unhealthy.includes(version)) return false;
      const creating = stageOf().delivery.endpointStatus === 'CREATING';
      const kind = creating ? 'endpoint-create-failed' : 'update-rolled-back';
      const other = creating ? 'update-rolled-back' : 'endpoint-create-failed';
      const text = `the first container of ${version}`;
      if (struckAlready(other, text)) return crasher;
      return strikeOnce(kind, text, trainingJob) || crasher;
    },
    answered({ general: { version }, trainingJob }, how) {
      strikeOnce(how === 'wrong' ? 'golden-mismatch' : 'invocations-fail', version, trainingJob);
    },
  };
}
