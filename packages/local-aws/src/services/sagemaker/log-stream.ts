import type { Caller, World } from '../../service.ts';

/** CloudWatch's limit for one event, with its 26 bytes of overhead. */
const LONGEST_LINE = 256 * 1024 - 26;
/** Lines within this time go out together. */
const BATCH_MS = 250;
const BATCH_LINES = 1000;

/**
 * Sends a process's lines to a log stream through CloudWatch Logs' public API, in batches and in order. If
 * the role may not write them, or there is no such service, they are lost; the local AWS's own log says so.
 */
export class LogStream {
  readonly #world: World;
  readonly #caller: Caller;
  readonly #target: { logGroupName: string; logStreamName: string };
  #lines: { timestamp: number; message: string }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #created = false;

  /** @param roleArn whose permissions count: the job's or the model's, as in SageMaker */
  constructor(world: World, roleArn: string, logGroupName: string, logStreamName: string) {
    this.#world = world;
    this.#caller = { roleArn };
    this.#target = { logGroupName, logStreamName };
  }

  line(message: string): void {
    // An empty message is not allowed.
    const text = message === '' ? ' ' : message.slice(0, LONGEST_LINE);
    this.#lines.push({ timestamp: this.#world.clock.now(), message: text });
    if (this.#lines.length >= BATCH_LINES) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), BATCH_MS);
  }

  /** Settles when everything said so far is sent; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const logEvents = this.#lines;
    this.#lines = [];
    if (logEvents.length > 0) this.#sending = this.#sending.then(() => this.#send(logEvents));
    return this.#sending;
  }

  async #send(logEvents: { timestamp: number; message: string }[]): Promise<void> {
    const { logGroupName, logStreamName } = this.#target;
    try {
      if (!this.#created) {
        await this.#create('CreateLogGroup', { logGroupName });
        await this.#create('CreateLogStream', { logGroupName, logStreamName });
        this.#created = true;
      }
      await this.#world.call(
        'logs',
        'PutLogEvents',
        { logGroupName, logStreamName, logEvents },
        this.#caller,
      );
    } catch (error) {
      this.#world.log.debug({ err: error, logGroupName, logStreamName }, 'log lines are lost');
    }
  }

  async #create(operation: string, input: object): Promise<void> {
    try {
      await this.#world.call('logs', operation, input, this.#caller);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ResourceAlreadyExistsException') throw error;
    }
  }
}
