import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { untilHealthy } from '../../../processes/health.ts';
import type { ManagedProcess } from '../../../processes/supervisor.ts';
import { ServiceError } from '../../../service.ts';
import { unpack } from '../archive.ts';
import { containerEnvironment } from '../container-environment.ts';
import type { SageMakerContext } from '../context.ts';
import { imageProblem } from '../image.ts';
import { LogStream } from '../log-stream.ts';
import type { VariantPlan } from '../records.ts';
import { parseS3Uri, S3Files } from '../s3-files.ts';
import { LoadedModels } from './loaded-models.ts';
import { freePort, ping } from './ping.ts';
import type { Sleeper } from './warm-containers.ts';

const PING_INTERVAL_MS = 100;
/** Between SIGTERM and SIGKILL, as in SageMaker. */
const STOP_GRACE_MS = 30_000;
/** Starts of a container whose port another process has taken meanwhile. */
const PORT_ATTEMPTS = 5;
/** A container that ends by itself is started again after 1 s, 2 s, … 30 s. */
const LONGEST_PAUSE_MS = 30_000;

/** Why a variant could not be brought into service: the endpoint's `FailureReason`. */
export class StartupFailure extends Error {}

/**
 * The container of a production variant, or of a transform job: the unpacked model and the `serve` process,
 * in their own folder. A serverless one may sleep, without a process, until the next request.
 */
export class ServingContainer implements Sleeper {
  readonly plan: VariantPlan;
  #invocations = 0;
  readonly #sagemaker: SageMakerContext;
  readonly #log: LogStream;
  readonly #root: string;
  #process: ManagedProcess | undefined;
  #port = 0;
  #stopping = false;
  /** Its process has answered `/ping`, and runs. */
  #healthy = false;
  #asleep: boolean;
  #goingToSleep: Promise<unknown> | undefined;
  #ready: Promise<string>;
  #failures = 0;
  /** Of a multi-model endpoint, for the process that runs now. */
  #models: LoadedModels | undefined;

  private constructor(sagemaker: SageMakerContext, logGroup: string, plan: VariantPlan, asleep: boolean) {
    this.plan = plan;
    this.#asleep = asleep && plan.serverless !== undefined;
    this.#sagemaker = sagemaker;
    const id = randomUUID();
    this.#log = new LogStream(sagemaker.world, plan.roleArn, logGroup, `${plan.name}/${id}`);
    this.#root = join(sagemaker.workFolder, 'endpoints', id);
    this.#ready = this.#prepareAndStart();
    this.#ready.catch(() => {});
  }

  /**
   * Downloads and unpacks the model, starts the process, waits until it is healthy.
   *
   * @param logGroup where its output goes, in a stream below the variant's name
   * @param options with `asleep`, a serverless one starts its process with the first request only
   * @throws StartupFailure with the endpoint's FailureReason; nothing is left running then
   */
  static async start(
    sagemaker: SageMakerContext,
    logGroup: string,
    plan: VariantPlan,
    { asleep = false, signal }: { asleep?: boolean; signal?: AbortSignal } = {},
  ): Promise<ServingContainer> {
    const container = new ServingContainer(sagemaker, logGroup, plan, asleep);
    const giveUp = () => {
      container.#stopping = true;
      void container.#process?.stop(0);
    };
    signal?.addEventListener('abort', giveUp);
    try {
      await container.#ready;
      return container;
    } catch (error) {
      await container.stop(0);
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Invocations under way. */
  get invocations(): number {
    return this.#invocations;
  }

  /** Runs something that asks this container: while it does, the container stays awake. */
  async whileAsked<T>(ask: () => Promise<T>): Promise<T> {
    this.#invocations += 1;
    try {
      return await ask();
    } finally {
      this.#invocations -= 1;
      this.#used();
    }
  }

  /**
   * The address on which it listens. Waits while a sleeping or ended container starts again, however often
   * the start fails.
   */
  async address(): Promise<string> {
    if (this.#asleep && !this.#stopping) {
      this.#asleep = false;
      this.#ready = this.#launch(this.plan.startupSeconds * 1000);
      this.#ready.catch(() => this.#restart());
    }
    for (;;) {
      const ready = this.#ready;
      try {
        return await ready;
      } catch (error) {
        // Another start is under way, unless the container was stopped.
        if (this.#ready === ready) throw error;
      }
    }
  }

  /**
   * Settles once the process at that address is known to have ended, so that `address` waits for the next
   * one.
   */
  async ended(address: string): Promise<void> {
    if (this.#healthy && address === addressOf(this.#port)) await this.#process?.exited;
  }

  /** Models that the process at that address has loaded; a new process has none. */
  models(address: string): LoadedModels {
    if (this.#models?.address === address) return this.#models;
    const { world } = this.#sagemaker;
    this.#models = new LoadedModels({
      files: new S3Files(world, this.plan.roleArn),
      prefix: this.plan.modelDataUrl!,
      folder: join(this.#root, 'models'),
      address,
    });
    return this.#models;
  }

  get idle(): boolean {
    return this.#healthy && !this.#stopping && this.#invocations === 0;
  }

  sleep(): void {
    const process = this.#process;
    this.#process = undefined;
    this.#healthy = false;
    this.#asleep = true;
    this.#goingToSleep = process?.stop(STOP_GRACE_MS);
  }

  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    this.#stopping = true;
    this.#sagemaker.warm.remove(this);
    await this.#process?.stop(graceMs);
    await this.#goingToSleep;
    await this.#log.flush();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #prepareAndStart(): Promise<string> {
    const { world } = this.#sagemaker;
    const { plan } = this;
    const deadline = world.clock.now() + plan.startupSeconds * 1000;
    const problem = await imageProblem(world, plan.image);
    if (problem !== undefined) throw new StartupFailure(problem);
    const model = join(this.#root, plan.multiModel ? 'models' : 'model');
    await mkdir(model, { recursive: true });
    if (plan.modelDataUrl !== undefined && !plan.multiModel) await this.#fetchModel(plan.modelDataUrl, model);
    if (this.#asleep) return '';
    // Serverless counts the download, instances count from the container's start.
    const left = plan.serverless === undefined ? plan.startupSeconds * 1000 : deadline - world.clock.now();
    return this.#launch(left);
  }

  async #fetchModel(url: string, folder: string): Promise<void> {
    const archive = join(this.#root, 'model.tar.gz');
    try {
      await new S3Files(this.#sagemaker.world, this.plan.roleArn).download(parseS3Uri(url), archive);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw new StartupFailure(
        `Failed to download model data for container "container_1" from URL: "${url}". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object. (${error.message})`,
      );
    }
    try {
      await unpack(archive, folder);
    } catch (error) {
      throw new StartupFailure(
        `Failed to extract model data archive from URL "${url}" for container "container_1". Please ensure that the object located at the URL is a valid tar.gz archive. (${(error as Error).message})`,
      );
    }
    await rm(archive, { force: true });
  }

  async #launch(timeoutMs: number, attempt = 1): Promise<string> {
    const { world, supervisor, container } = this.#sagemaker;
    const startedAt = world.clock.now();
    const { plan } = this;
    if (container.serve === undefined) {
      throw new StartupFailure('The local AWS was started without a program that serves.');
    }
    const [program, ...args] = container.serve;
    this.#port = await freePort();
    if (this.#stopping || this.#sagemaker.closing.aborted)
      throw new StartupFailure('The endpoint is being stopped.');
    const address = addressOf(this.#port);
    const serving = supervisor.start({
      name: `endpoint variant ${plan.name}`,
      command: program,
      args,
      cwd: this.#root,
      env: {
        ...containerEnvironment(world, this.#root),
        ...plan.environment,
        ...(plan.multiModel ? { SAGEMAKER_MULTI_MODEL: 'true' } : {}),
        [container.variables.root]: this.#root,
        [container.variables.host]: '127.0.0.1',
        [container.variables.port]: String(this.#port),
      },
      onLine: (line) => this.#log.line(line),
    });
    this.#process = serving;
    const health = await untilHealthy(serving, {
      check: () => ping(address, world.clock),
      clock: world.clock,
      intervalMs: PING_INTERVAL_MS,
      timeoutMs,
    });
    if (health !== 'healthy') {
      await serving.stop(0);
      // Between `freePort` and the container's `listen` any process of this machine may take the port.
      if (attempt < PORT_ATTEMPTS && serving.tail().some((line) => line.includes('EADDRINUSE'))) {
        return this.#launch(timeoutMs - (world.clock.now() - startedAt), attempt + 1);
      }
      throw new StartupFailure(this.#reason(health, serving));
    }
    this.#failures = 0;
    this.#healthy = true;
    void serving.exited.then(() => {
      if (this.#process !== serving) return;
      this.#healthy = false;
      this.#restart(serving);
    });
    this.#used();
    return address;
  }

  #used(): void {
    if (this.plan.serverless !== undefined && this.#healthy && !this.#stopping) {
      this.#sagemaker.warm.used(this);
    }
  }

  #reason(health: 'timeout' | 'exited', serving: ManagedProcess): string {
    const { plan } = this;
    const said = lastWords(serving.tail());
    const detail =
      health === 'exited'
        ? ` (It ended with ${serving.exit?.signal ?? `exit code ${serving.exit?.code}`}${said === undefined ? '' : `: ${said}`})`
        : '';
    return plan.serverless !== undefined && health === 'timeout'
      ? `Unable to successfully stand up your model within the allotted ${plan.startupSeconds} second timeout. Please ensure that downloading your model artifacts, starting your model container and passing the ping health checks can be completed within ${plan.startupSeconds} seconds.`
      : `The primary container for production variant ${plan.name} did not pass the ping health check. Please check CloudWatch logs for this endpoint.${detail}`;
  }

  /** A container in service that ends is started again, as SageMaker does; `ended` has been healthy. */
  #restart(ended?: ManagedProcess): void {
    if (this.#stopping || this.#sagemaker.closing.aborted) return;
    const { clock, log } = this.#sagemaker.world;
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** this.#failures);
    this.#failures += 1;
    const how = { exit: ended?.exit, said: lastWords(ended?.tail() ?? []) };
    log.warn({ variant: this.plan.name, pause, ...how }, 'a serving container ended and is started again');
    this.#ready = new Promise<void>((resolve) => clock.after(pause, resolve)).then(() =>
      this.#launch(this.plan.startupSeconds * 1000),
    );
    this.#ready.catch(() => this.#restart());
  }
}

/**
 * The reason of the failure: the error that ended the process (Node prints a stack and its version after it),
 * otherwise the last line.
 */
const lastWords = (lines: readonly string[]) =>
  lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);

const addressOf = (port: number) => `http://127.0.0.1:${port}`;
