import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../../../service.ts';
import { alarm } from '../alarm.ts';
import type { Definition } from '../definition/types.ts';
import { Abandoned } from '../errors.ts';
import { toStatesError } from '../handlers.ts';
import type { Json } from '../json.ts';
import { Evaluator } from '../jsonata.ts';
import { type Log, Progress } from '../progress.ts';
import { type Integrate, type Run, Scope } from '../scope.ts';
import type { Reply } from '../states/await-task.ts';
import { runWorkflow } from '../workflow.ts';
import type { Ending, ExecutionRecord } from './record.ts';

/** What an execution needs from around it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly region: string;
  readonly integrate: Integrate;
  tokenFor(attemptKey: string): string;
}

const ENDINGS: Record<Ending['status'], HistoryEventType> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** An execution, and what it runs on: the revision of its state machine that it was started with. */
export interface StartedExecution {
  record: ExecutionRecord;
  definition: Definition;
  roleArn: string;
}

/**
 * One running execution: its journal and the workflow over it.
 *
 * @example
 * const execution = new Execution({ record, definition, roleArn }, journal, surroundings);
 * const ending = await execution.run(); // undefined when it was suspended
 */
export class Execution {
  readonly #definition: Definition;
  readonly #roleArn: string;
  readonly #record: ExecutionRecord;
  readonly #surroundings: Surroundings;
  readonly #progress: Progress;
  readonly #waiting = new Map<string, () => void>();
  #root: Scope | undefined;
  #settle: ((ending: Ending | undefined) => void) | undefined;
  #suspended = false;

  constructor(started: StartedExecution, journal: Log, surroundings: Surroundings) {
    const { record, definition, roleArn } = started;
    this.#record = record;
    this.#definition = definition;
    this.#roleArn = roleArn;
    this.#surroundings = surroundings;
    this.#progress = new Progress(journal, surroundings.clock);
  }

  /**
   * Starts, or continues from the journal. Resolves with undefined when the service shuts down before the
   * end.
   */
  run(): Promise<Ending | undefined> {
    const { clock } = this.#surroundings;
    const over = this.#progress.recall('end');
    if (over) return Promise.resolve(over.data as Ending);
    const started = this.#progress.event({ last: 0 }, 'start', 'ExecutionStarted', {
      details: {
        input: this.#record.input,
        inputDetails: { truncated: false },
        roleArn: this.#roleArn,
      },
    });
    const input = JSON.parse(this.#record.input) as Json;
    const root = new Scope(this.#makeRun(input), '', { last: 0 });
    this.#root = root;
    const { TimeoutSeconds: seconds } = this.#definition;
    const cancel =
      seconds === undefined
        ? () => {}
        : alarm(clock, started.time + seconds * 1000, () => this.end({ status: 'TIMED_OUT' }));
    return new Promise<Ending | undefined>((resolve) => {
      this.#settle = (ending) => {
        this.#settle = undefined;
        cancel();
        root.abandon();
        resolve(ending);
      };
      void this.#runToEnd(root, input);
    });
  }

  /** Ends an execution that has not ended, also before `run`; what it is doing is abandoned. */
  end(ending: Ending): void {
    if (this.#suspended || this.#progress.recall('end')) return;
    // AWS lets these two follow on nothing.
    const forced = ending.status === 'ABORTED' || ending.status === 'TIMED_OUT';
    const flow = forced ? { last: 0 } : (this.#root?.flow ?? { last: 0 });
    const { status: _status, output, ...error } = ending;
    const details = output === undefined ? error : { output, outputDetails: { truncated: false } };
    this.#progress.event(flow, 'end', ENDINGS[ending.status], { details, data: ending });
    this.#settle?.(ending);
  }

  /** Stops without an end: a later `run` over the same journal goes on. */
  suspend(): void {
    this.#suspended = true;
    this.#settle?.(undefined);
  }

  /**
   * A reply to a task token. It is in the journal before this returns.
   *
   * @returns false when no task waits for it
   */
  reply(attemptKey: string, reply: Reply): boolean {
    if (!this.#awaits(attemptKey)) return false;
    this.#progress.note({ last: this.#newest(attemptKey) }, `${attemptKey}/reply`, reply);
    this.#waiting.get(attemptKey)?.();
    return true;
  }

  /** @returns false when no task waits for it */
  heartbeat(attemptKey: string): boolean {
    if (!this.#awaits(attemptKey)) return false;
    this.#progress.note({ last: this.#newest(attemptKey) }, `${attemptKey}/heartbeat`, {});
    this.#waiting.get(attemptKey)?.();
    return true;
  }

  /** By the journal, not by `#waiting`: a reply may come before a restarted execution waits again. */
  #awaits(attemptKey: string): boolean {
    const has = (key: string) => this.#progress.recall(key) !== undefined;
    const visitKey = attemptKey.slice(0, attemptKey.lastIndexOf('/'));
    if (has('end') || !has(`${attemptKey}/scheduled`)) return false;
    return !has(`${attemptKey}/done`) && !has(`${attemptKey}/reply`) && !has(`${visitKey}/aborted`);
  }

  #newest(attemptKey: string): number {
    const { recall } = this.#progress;
    const entry = ['submitted', 'started', 'scheduled']
      .map((step) => recall.call(this.#progress, `${attemptKey}/${step}`))
      .find((found) => found !== undefined);
    return entry?.id ?? 0;
  }

  async #runToEnd(root: Scope, input: Json): Promise<void> {
    try {
      const output = JSON.stringify(await runWorkflow(root, this.#definition, input));
      this.end({ status: 'SUCCEEDED', output });
    } catch (cause) {
      if (cause instanceof Abandoned) return;
      const { error, reason } = toStatesError(cause);
      this.end({
        status: 'FAILED',
        ...(error === undefined ? {} : { error }),
        ...(reason ? { cause: reason } : {}),
      });
    }
  }

  #makeRun(input: Json): Run {
    const { clock, random, region, integrate, tokenFor } = this.#surroundings;
    const { arn, name, machineArn, machineName, startDate } = this.#record;
    return {
      clock,
      random,
      region,
      integrate,
      tokenFor,
      progress: this.#progress,
      evaluator: new Evaluator(clock, random),
      waiting: this.#waiting,
      execution: {
        Id: arn,
        Input: input,
        Name: name,
        RoleArn: this.#roleArn,
        StartTime: new Date(startDate).toISOString(),
        RedriveCount: 0,
      },
      machine: { Id: machineArn, Name: machineName },
    };
  }
}
