import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ManagedProcess, OutputStream, Supervisor } from '../../processes/supervisor.ts';
import type { World } from '../../service.ts';
import { CREDENTIAL_SECONDS, environmentVariables, logGroupOf } from './environment-variables.ts';
import { exitReason, LARGEST_RESPONSE, runtimeError, tooLargeResponse } from './failures.ts';
import type { ResolvedFunction } from './functions.ts';
import { createLogWriter } from './log-writer.ts';
import { endLine, initLine, reportLine, startLine, type Usage } from './report.ts';
import type { RuntimeApi, RuntimeInvocation } from './runtime-api.ts';

/** Time for loading the module, beside the function's own time-out. */
const INIT_MS = 10_000;
/** `LogResult` is the log's last 4 KB. */
const TAIL_BYTES = 4096;
/** An environment is retired this long before its credentials end. */
const RETIRE_BEFORE_MS = 20 * 60_000;

const bootstrap = fileURLToPath(new URL('runtime/bootstrap.mjs', import.meta.url));

export interface Invocation {
  requestId: string;
  payload: Uint8Array;
  traceId: string;
  clientContext?: string;
}

export interface InvocationResult {
  payload: Uint8Array;
  functionError?: 'Unhandled';
  /** Last 4 KB of the invocation's log, without base64. */
  logTail: string;
  usage: Usage;
}

export interface EnvironmentParts {
  world: World;
  supervisor: Supervisor;
  runtimeApi: RuntimeApi;
  /** The environment is gone: its process ended or could not be started. */
  onEnd(): void;
}

interface Outcome {
  payload: Uint8Array;
  failed: boolean;
  memoryMb: number;
  status?: 'timeout' | 'error';
}

interface Current {
  invocation: Invocation;
  resolve(result: InvocationResult): void;
  log: string[];
  /** `performance.now()` when the handler was given the event. */
  started: number | undefined;
  /** How long the environment took to start, for the invocation that it was started for. */
  initMs?: number;
  /** What the runtime reported when it could not load the function's module. */
  initError?: Buffer;
  answer?: Outcome;
  /** Streams whose output of this invocation is complete. */
  complete: Set<OutputStream>;
  timedOut: boolean;
  cancelTimer(): void;
}

type Respond = (invocation: RuntimeInvocation) => void;

/** Where an environment is between its start and its end. */
type Phase =
  /** The process loads the function's module; the first invocation waits for it. */
  | { name: 'starting'; current: Current | undefined }
  /** The runtime has asked for an invocation. */
  | { name: 'idle'; respond: Respond }
  /** The handler has the event. With `respond` the runtime has asked for the next invocation. */
  | { name: 'running'; current: Current; respond?: Respond }
  /** The process is being killed. */
  | { name: 'stopping'; current: Current | undefined }
  | { name: 'ended' };

/** One execution environment: a Node process that handles invocations one after another. */
export class ExecutionEnvironment {
  readonly #parts: EnvironmentParts;
  readonly #target: ResolvedFunction;
  readonly #id = randomBytes(12).toString('hex');
  readonly #log;
  readonly #logStream: string;
  readonly #retireAt: number;
  readonly #startedAt = performance.now();
  #process: ManagedProcess | undefined;
  #phase: Phase = { name: 'starting', current: undefined };

  constructor(target: ResolvedFunction, parts: EnvironmentParts) {
    this.#target = target;
    this.#parts = parts;
    const { world } = parts;
    const { definition, version } = target;
    const day = new Date(world.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    this.#logStream = `${day}/[${version}]${randomUUID().replaceAll('-', '')}`;
    this.#log = createLogWriter(world, logGroupOf(definition), this.#logStream, definition.properties.Role);
    this.#retireAt = world.clock.now() + CREDENTIAL_SECONDS * 1000 - RETIRE_BEFORE_MS;
    this.#start().catch((error: Error) => {
      this.#end(`Runtime could not be started: ${error.message}`);
    });
  }

  /** Whether it can take an invocation now. */
  get idle(): boolean {
    return this.#phase.name === 'idle' && this.#parts.world.clock.now() < this.#retireAt;
  }

  get #current(): Current | undefined {
    return 'current' in this.#phase ? this.#phase.current : undefined;
  }

  /**
   * Invokes the function. Call it only while the environment is `idle` or new. A failure is a result with
   * `functionError`.
   */
  invoke(invocation: Invocation): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const timeoutMs = this.#target.definition.properties.Timeout * 1000;
      const current: Current = {
        invocation,
        resolve,
        log: [],
        started: undefined,
        complete: new Set(),
        timedOut: false,
        cancelTimer: this.#parts.world.clock.after(timeoutMs + INIT_MS, () => this.#timeOut()),
      };
      const phase = this.#phase;
      if (phase.name === 'idle') this.#deliver(current, phase.respond);
      else this.#phase = { name: 'starting', current };
    });
  }

  /** Ends the process; an invocation in it ends as a crash. */
  async stop(): Promise<void> {
    if (this.#phase.name !== 'ended') this.#phase = { name: 'stopping', current: this.#current };
    await this.#process?.stop(0);
    await this.#log.flush();
  }

  async #start(): Promise<void> {
    const { world, supervisor, runtimeApi } = this.#parts;
    const { definition } = this.#target;
    const address = await runtimeApi.register(this.#id, {
      next: (respond) => this.#next(respond),
      response: (requestId, body, memoryMb) => this.#answer(requestId, body, false, memoryMb),
      error: (requestId, body, memoryMb) => this.#answer(requestId, body, true, memoryMb),
      initError: (body) => {
        if (this.#current !== undefined) this.#current.initError = body;
      },
    });
    if (this.#phase.name === 'stopping') return this.#end('stopped before it started');
    this.#write(initLine());
    this.#process = supervisor.start({
      name: `lambda ${definition.name}`,
      command: process.execPath,
      args: [
        // V8's heap is most of a function's memory. Lambda leaves the rest to it in the same way.
        `--max-old-space-size=${Math.floor(definition.properties.MemorySize * 0.9)}`,
        bootstrap,
      ],
      cwd: definition.code.root,
      env: environmentVariables(world, this.#target, {
        AWS_LAMBDA_LOG_STREAM_NAME: this.#logStream,
        AWS_LAMBDA_RUNTIME_API: address,
        LOCAL_OUTPUT_MARK: this.#id,
      }),
      onLine: (line, stream) => this.#output(line, stream),
    });
    this.#end(exitReason(await this.#process.exited));
  }

  /** The runtime asks for an invocation. */
  #next(respond: Respond): void {
    const phase = this.#phase;
    if (phase.name === 'running') {
      phase.respond = respond;
      this.#settle();
    } else if (phase.name === 'starting' && phase.current !== undefined) {
      phase.current.initMs = performance.now() - this.#startedAt;
      this.#deliver(phase.current, respond);
    } else if (phase.name === 'starting') {
      this.#phase = { name: 'idle', respond };
    }
  }

  #deliver(current: Current, respond: Respond): void {
    this.#phase = { name: 'running', current };
    const { invocation } = current;
    const timeoutMs = this.#target.definition.properties.Timeout * 1000;
    current.cancelTimer();
    current.cancelTimer = this.#parts.world.clock.after(timeoutMs, () => this.#timeOut());
    current.started = performance.now();
    this.#write(startLine(invocation.requestId, this.#target.version));
    respond({
      requestId: invocation.requestId,
      functionArn: this.#target.invokedArn,
      // The process compares it with its own clock, which is real.
      deadline: Date.now() + timeoutMs,
      traceId: invocation.traceId,
      payload: invocation.payload,
      ...(invocation.clientContext === undefined ? {} : { clientContext: invocation.clientContext }),
    });
  }

  #output(line: string, stream: OutputStream): void {
    const mark = `\0${this.#id}`;
    const marked = line.endsWith(mark);
    const text = (marked ? line.slice(0, -mark.length) : line).replaceAll('\r', '\n');
    if (!marked || text !== '') this.#write(text);
    if (marked) {
      this.#current?.complete.add(stream);
      this.#settle();
    }
  }

  #write(line: string): void {
    this.#current?.log.push(line);
    this.#log.write(line);
  }

  #answer(requestId: string, body: Buffer, failed: boolean, memoryMb: number): void {
    const current = this.#current;
    if (current === undefined || current.invocation.requestId !== requestId) return;
    const tooLarge = !failed && body.length > LARGEST_RESPONSE;
    current.answer = tooLarge
      ? { payload: tooLargeResponse(), failed: true, memoryMb }
      : { payload: body, failed, memoryMb };
  }

  /**
   * Resolves the invocation once the handler has returned, its output was read and the runtime asks for the
   * next one.
   */
  #settle(): void {
    const phase = this.#phase;
    if (phase.name !== 'running' || phase.respond === undefined) return;
    const { current, respond } = phase;
    if (current.answer === undefined || current.complete.size < 2) return;
    this.#finish(current, current.answer);
    this.#phase = { name: 'idle', respond };
  }

  #timeOut(): void {
    const current = this.#current;
    if (current === undefined) return;
    current.timedOut = true;
    void this.stop();
  }

  /** The process is gone. */
  #end(reason: string): void {
    this.#parts.runtimeApi.unregister(this.#id);
    const current = this.#current;
    if (current !== undefined) this.#finish(current, current.answer ?? this.#failure(current, reason));
    this.#phase = { name: 'ended' };
    this.#parts.onEnd();
  }

  /** The outcome of an invocation whose process ended before it answered. */
  #failure({ invocation: { requestId }, timedOut, initError }: Current, reason: string): Outcome {
    if (!timedOut) {
      const payload = initError ?? runtimeError('Runtime.ExitError', requestId, reason);
      return { payload, failed: true, memoryMb: 0, status: 'error' };
    }
    const seconds = this.#target.definition.properties.Timeout.toFixed(2);
    const text = `Task timed out after ${seconds} seconds`;
    this.#write(`${new Date(this.#parts.world.clock.now()).toISOString()} ${requestId} ${text}`);
    const payload = runtimeError('Sandbox.Timedout', requestId, text);
    return { payload, failed: true, memoryMb: 0, status: 'timeout' };
  }

  #finish(current: Current, { payload, failed, memoryMb, status }: Outcome): void {
    current.cancelTimer();
    const { requestId } = current.invocation;
    const now = performance.now();
    const usage: Usage = {
      durationMs: now - (current.started ?? now),
      memorySizeMb: this.#target.definition.properties.MemorySize,
      memoryUsedMb: memoryMb,
      ...(current.initMs === undefined ? {} : { initMs: current.initMs }),
    };
    this.#write(endLine(requestId));
    this.#write(reportLine(requestId, usage, status));
    const log = Buffer.from(current.log.map((line) => `${line}\n`).join(''));
    current.resolve({
      payload,
      ...(failed ? { functionError: 'Unhandled' as const } : {}),
      logTail: log.subarray(Math.max(0, log.length - TAIL_BYTES)).toString('utf8'),
      usage,
    });
  }
}
