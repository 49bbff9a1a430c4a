import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServiceError, type World } from '../../../service.ts';
import { Collection } from '../../../store/collection.ts';
import { fileNameOf } from '../../../store/file-name.ts';
import { Journal } from '../../../store/journal.ts';
import type { Entry } from '../history.ts';
import type { Machine, Machines } from '../machines.ts';
import type { Reply } from '../states/await-task.ts';
import { integrateWith } from '../tasks/integrate.ts';
import { Execution } from './execution.ts';
import type { Ending, ExecutionRecord } from './record.ts';
import { statusChange } from './status-change.ts';
import { openToken, sealToken } from './token.ts';

/**
 * All executions, running and ended. Each is a record and a journal on disk; after a restart the running ones
 * continue from their journals.
 */
export class Executions {
  readonly #world: World;
  readonly #folder: string;
  readonly #machines: Machines;
  /** Key: `<state machine>/<execution>`; neither name contains a slash. */
  readonly #records: Collection<ExecutionRecord>;
  readonly #running = new Map<string, { execution: Execution; journal: Journal<Entry> }>();
  readonly #secret: string;
  /** Found running on disk, to go on when the other services are there. */
  readonly #found: string[] = [];
  #stopped = false;

  constructor(world: World, folder: string, machines: Machines) {
    this.#world = world;
    this.#folder = folder;
    this.#machines = machines;
    this.#records = new Collection(join(folder, 'executions'));
    const secrets = new Collection<string>(join(folder, 'secrets'));
    if (!secrets.has('tokens')) secrets.put('tokens', randomBytes(32).toString('hex'));
    this.#secret = secrets.get('tokens') as string;
    // Read before the port opens, so that an answer to a task token is never refused for being early.
    for (const { key, value } of this.#records.list()) {
      if (value.status === 'RUNNING' && this.#open(key, value)) this.#found.push(key);
    }
  }

  /** Lets every execution that was running when the process ended go on. */
  resume(): void {
    for (const key of this.#found.splice(0)) this.#run(key);
  }

  /** Stops without ending anything. */
  suspend(): void {
    this.#stopped = true;
    for (const { execution } of this.#running.values()) execution.suspend();
    this.#running.clear();
  }

  /**
   * @param name generated if absent
   * @throws ServiceError `ExecutionAlreadyExists` unless an execution with this name and input is running
   */
  start(machine: Machine, input: string, name: string = randomUUID(), traceHeader?: string): ExecutionRecord {
    const key = `${machine.name}/${name}`;
    const existing = this.#records.get(key);
    if (existing) {
      if (existing.status === 'RUNNING' && existing.input === input) return existing;
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${existing.arn}'`);
    }
    const record: ExecutionRecord = {
      arn: `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`,
      name,
      machineArn: machine.arn,
      machineName: machine.name,
      revision: machine.revision,
      input,
      ...(traceHeader === undefined ? {} : { traceHeader }),
      startDate: this.#world.clock.now(),
      status: 'RUNNING',
    };
    this.#records.put(key, record);
    this.#world.publish(statusChange(record));
    this.#open(key, record);
    this.#run(key);
    return record;
  }

  get(arn: string): ExecutionRecord | undefined {
    return this.#records.get(keyOf(arn));
  }

  /** Newest first. */
  list(machineName: string): ExecutionRecord[] {
    return this.#records
      .list(`${machineName}/`)
      .map(({ value }) => value)
      .sort((one, other) => other.startDate - one.startDate || (one.name < other.name ? -1 : 1));
  }

  /** The journal of an execution, oldest line first. */
  history(arn: string): readonly Entry[] {
    const key = keyOf(arn);
    return (this.#running.get(key)?.journal ?? this.#journal(key)).entries();
  }

  /** Ends a running execution; one that ended stays as it is. */
  stop(arn: string, error?: string, cause?: string): void {
    this.#running.get(keyOf(arn))?.execution.end({
      status: 'ABORTED',
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** @throws ServiceError when no task waits for this token */
  reply(token: string, reply: Reply): void {
    this.#withToken(token, (execution, attemptKey) => execution.reply(attemptKey, reply));
  }

  /** @throws ServiceError when no task waits for this token */
  heartbeat(token: string): void {
    this.#withToken(token, (execution, attemptKey) => execution.heartbeat(attemptKey));
  }

  #withToken(token: string, answer: (execution: Execution, attemptKey: string) => boolean): void {
    const opened = openToken(this.#secret, token);
    if (!opened) throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
    const key = keyOf(opened.executionArn);
    if (!this.#records.has(key))
      throw new ServiceError('TaskDoesNotExist', "Task does not exist: 'Unknown execution'");
    const running = this.#running.get(key);
    if (!running || !answer(running.execution, opened.attemptKey)) {
      throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
  }

  #open(key: string, record: ExecutionRecord): boolean {
    const revision = this.#machines.revision(record.revision);
    if (!revision) {
      this.#world.log.error(
        { execution: record.arn },
        'its state machine revision is lost: the execution cannot go on',
      );
      return false;
    }
    const { clock, region } = this.#world;
    const { roleArn } = revision;
    const definition = this.#machines.definitionOf(revision);
    const journal = this.#journal(key);
    const execution = new Execution({ record, definition, roleArn }, journal, {
      clock,
      region,
      random: Math.random,
      integrate: integrateWith((service, operation, input) =>
        this.#world.call(service, operation, input, { roleArn }),
      ),
      tokenFor: (attemptKey) => sealToken(this.#secret, record.arn, attemptKey),
    });
    this.#running.set(key, { execution, journal });
    return true;
  }

  #run(key: string): void {
    const running = this.#running.get(key);
    running?.execution
      .run()
      .then((ending) => ending && this.#end(key, ending))
      .catch((error) => this.#world.log.error({ error, execution: key }, 'the execution broke off'));
  }

  #end(key: string, ending: Ending): void {
    if (this.#stopped) return;
    const record = {
      ...(this.#records.get(key) as ExecutionRecord),
      ...ending,
      stopDate: this.#world.clock.now(),
    };
    this.#records.put(key, record);
    this.#running.delete(key);
    this.#world.publish(statusChange(record));
  }

  #journal(key: string): Journal<Entry> {
    return new Journal<Entry>(join(this.#folder, 'journals', `${fileNameOf(key)}.jsonl`));
  }
}

/** `arn:aws:states:<region>:<account>:execution:<machine>:<name>` → `<machine>/<name>`. */
function keyOf(arn: string): string {
  return arn.split(':').slice(6).join('/');
}
