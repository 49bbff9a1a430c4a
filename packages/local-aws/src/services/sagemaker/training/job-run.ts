import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManagedProcess } from '../../../processes/supervisor.ts';
import { ServiceError } from '../../../service.ts';
import { fileNameOf } from '../../../store/file-name.ts';
import { filesBelow, packFolder } from '../archive.ts';
import { containerEnvironment } from '../container-environment.ts';
import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import { imageProblem } from '../image.ts';
import { LogStream } from '../log-stream.ts';
import { findJob } from '../operations/describe-training-job.ts';
import type { TrainingJobRecord } from '../records.ts';
import { parseS3Uri, S3Files, type S3Location } from '../s3-files.ts';
import { CheckpointSync } from './checkpoint-sync.ts';
import { type JobFolder, prepareJobFolder, readFailure } from './job-folder.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { transition } from './transition.ts';

/** Between SIGTERM and SIGKILL, as in SageMaker. */
const STOP_GRACE_MS = 120_000;
/** SageMaker's limit when the job names none: a day. */
const DEFAULT_RUNTIME_SECONDS = 86_400;
const FAILURE_REASON_LIMIT = 1024;
const LOG_GROUP = '/aws/sagemaker/TrainingJobs';
const HOST = 'algo-1';

type StopReason = 'Stopped' | 'MaxRuntimeExceeded';

/** The job's own fault, or its owner's: it ends as `Failed` with this reason. */
class JobFailure extends Error {}

/** One job on its way from `Downloading` to its end. */
export class JobRun {
  readonly #sagemaker: SageMakerContext;
  readonly #name: string;
  #job: TrainingJobRecord;
  readonly #s3: S3Files;
  readonly #log: LogStream;
  readonly #metrics: Metrics;
  /** Aborts the download; the process is signalled instead. */
  readonly #interruption = new AbortController();
  #process: ManagedProcess | undefined;
  #stopReason: StopReason | undefined;
  #interrupted = false;
  #abandoned = false;

  constructor(sagemaker: SageMakerContext, name: string) {
    this.#sagemaker = sagemaker;
    this.#name = name;
    this.#job = findJob(sagemaker, name);
    this.#s3 = new S3Files(sagemaker.world, this.#job.request.RoleArn!);
    const stream = `${name}/${HOST}-${Math.floor(sagemaker.world.clock.now() / 1000)}`;
    this.#log = new LogStream(sagemaker.world, this.#job.request.RoleArn!, LOG_GROUP, stream);
    this.#metrics = createMetrics(this.#job.request.AlgorithmSpecification?.MetricDefinitions ?? []);
  }

  /** Runs to the end; never rejects. */
  async run(): Promise<void> {
    const root = join(this.#sagemaker.workFolder, 'jobs', fileNameOf(this.#name));
    try {
      while ((await this.#run(root)) === 'interrupted') this.#to('Starting');
    } catch (error) {
      if (!this.#abandoned) this.#fail(error);
    }
    await this.#log.flush();
    await rm(root, { recursive: true, force: true });
  }

  /** SIGTERM, and SIGKILL after two minutes; what the job has written is still uploaded. */
  stop(reason: StopReason): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#to('Stopping', { status: 'Stopping' });
    this.#interruption.abort(new Error('stopped'));
    void this.#process?.stop(STOP_GRACE_MS);
  }

  /** Ends the process at once and leaves the record as it is: the next start of the local AWS decides. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#interruption.abort(new Error('the local AWS stops'));
    await this.#process?.stop(0);
  }

  /** @returns 'interrupted' when its spot instance was taken away, and another one is to go on */
  async #run(root: string): Promise<'ended' | 'interrupted'> {
    const { world } = this.#sagemaker;
    const { request } = this.#job;
    const problem = await imageProblem(world, request.AlgorithmSpecification!.TrainingImage!);
    if (problem !== undefined) throw new JobFailure(problem);
    this.#to('Downloading', { started: world.clock.now(), attempts: this.#job.attempts + 1 });
    const limit = (request.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_RUNTIME_SECONDS) * 1000;
    const left = Math.max(0, limit - (this.#job.interruptions?.ran ?? 0));
    const cancelLimit = world.clock.after(left, () => this.stop('MaxRuntimeExceeded'));
    try {
      const folder = await prepareJobFolder(root, HOST, request);
      const checkpoints = this.#checkpointsOf(folder);
      if (!(await this.#download(folder, checkpoints))) {
        this.#end('Stopped');
        return 'ended';
      }
      checkpoints?.start();
      const code = await this.#train(folder).finally(() => this.#keepCheckpoints(checkpoints));
      cancelLimit();
      if (this.#abandoned) return 'ended';
      // One that had done its work by then is done.
      if (this.#interrupted && code !== 0 && this.#stopReason === undefined) {
        this.#takenAway();
        return 'interrupted';
      }
      await this.#finish(folder, code);
      return 'ended';
    } finally {
      cancelLimit();
    }
  }

  #checkpointsOf(folder: JobFolder): CheckpointSync | undefined {
    const uri = this.#job.request.CheckpointConfig?.S3Uri;
    if (uri === undefined) return undefined;
    const { clock } = this.#sagemaker.world;
    return new CheckpointSync(this.#s3, parseS3Uri(uri), folder.checkpoints, clock);
  }

  async #keepCheckpoints(checkpoints: CheckpointSync | undefined): Promise<void> {
    try {
      await checkpoints?.stop();
    } catch (error) {
      if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error;
      throw new JobFailure(`ClientError: Checkpoint upload failed: ${error.code}: ${error.message}`);
    }
  }

  /** Notes how long it ran: that is paid for, though the job begins anew. */
  #takenAway(): void {
    const now = this.#sagemaker.world.clock.now();
    const { started, interruptions } = findJob(this.#sagemaker, this.#name);
    const count = (interruptions?.count ?? 0) + 1;
    this.#to('Interrupted', { interruptions: { count, ran: (interruptions?.ran ?? 0) + now - started! } });
    this.#job = findJob(this.#sagemaker, this.#name);
    this.#interrupted = false;
  }

  /** @returns false when the job was stopped meanwhile */
  async #download(folder: JobFolder, checkpoints: CheckpointSync | undefined): Promise<boolean> {
    await checkpoints?.restore(this.#interruption.signal).catch((error: unknown) => {
      if (this.#interruption.signal.aborted || !(error instanceof ServiceError)) throw error;
      throw new JobFailure(`ClientError: Checkpoint download failed: ${error.code}: ${error.message}`);
    });
    for (const { ChannelName, DataSource } of this.#job.request.InputDataConfig ?? []) {
      const uri = DataSource!.S3DataSource!.S3Uri!;
      try {
        const files = await this.#s3.downloadPrefix(
          parseS3Uri(uri),
          folder.channel(ChannelName!),
          this.#interruption.signal,
        );
        if (files === 0)
          throw new JobFailure(`ClientError: Data download failed:No S3 objects found under S3 URL "${uri}"`);
      } catch (error) {
        if (this.#interruption.signal.aborted) {
          if (this.#abandoned) throw error;
          return false;
        }
        if (!(error instanceof ServiceError)) throw error;
        throw new JobFailure(`ClientError: Data download failed:${uri}: ${error.code}: ${error.message}`);
      }
    }
    return !this.#interruption.signal.aborted;
  }

  /** Runs `train` to its end. */
  async #train(folder: JobFolder): Promise<number> {
    const { world, supervisor, container } = this.#sagemaker;
    const { request, arn } = this.#job;
    if (container.train === undefined) {
      throw new JobFailure('ClientError: the local AWS was started without a program that trains');
    }
    this.#to('Training');
    const [program, ...args] = container.train;
    this.#process = supervisor.start({
      name: `training job ${this.#name}`,
      command: program,
      args,
      cwd: folder.root,
      env: {
        ...containerEnvironment(world, folder.root),
        ...request.Environment,
        TRAINING_JOB_NAME: this.#name,
        TRAINING_JOB_ARN: arn,
        [container.variables.root]: folder.root,
      },
      onLine: (line) => {
        this.#log.line(line);
        this.#metrics.take(line, world.clock.now());
      },
    });
    const cancelInterruption = this.#interruptLater();
    const { code, signal, error } = await this.#process.exited.finally(cancelInterruption);
    if (error !== undefined) throw error;
    // As a shell has it: 128 and the signal's number; 137 is SIGKILL, the usual one.
    return code ?? (signal === 'SIGTERM' ? 143 : 137);
  }

  /**
   * Interrupts the spot instance: SIGTERM, then SIGKILL after two minutes. At most once per job, where the
   * settings ask for it.
   */
  #interruptLater(): () => void {
    const { container, world } = this.#sagemaker;
    const spot = this.#job.request.EnableManagedSpotTraining && this.#job.interruptions === undefined;
    if (!spot || container.spotSeconds === undefined) return () => {};
    return world.clock.after(container.spotSeconds * 1000, () => {
      this.#interrupted = true;
      void this.#process?.stop(STOP_GRACE_MS);
    });
  }

  async #finish(folder: JobFolder, code: number): Promise<void> {
    const failure = await readFailure(folder);
    this.#to('Uploading');
    const succeeded = code === 0 || this.#stopReason !== undefined;
    const { bucket, key } = parseS3Uri(this.#job.request.OutputDataConfig!.S3OutputPath!);
    const prefix = `${key === '' || key.endsWith('/') ? key : `${key}/`}${this.#name}/output`;
    await this.#upload(folder, folder.outputData, { bucket, key: `${prefix}/output.tar.gz` });
    if (!succeeded) {
      throw new JobFailure(`AlgorithmError: ${failure}, exit code: ${code}`);
    }
    const model = { bucket, key: `${prefix}/model.tar.gz` };
    const uploaded = await this.#upload(folder, folder.model, model, this.#stopReason === undefined);
    this.#end(
      this.#stopReason ?? 'Completed',
      uploaded ? { modelArtifacts: `s3://${model.bucket}/${model.key}` } : {},
    );
  }

  /** @param always also when there is nothing in it */
  async #upload(folder: JobFolder, content: string, target: S3Location, always = false): Promise<boolean> {
    if (!always && (await filesBelow(content)).length === 0) return false;
    const archive = join(folder.root, 'upload.tar.gz');
    await packFolder(content, archive);
    try {
      await this.#s3.upload(archive, target);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error;
      throw new JobFailure(
        `ClientError: Artifact upload failed:s3://${target.bucket}/${target.key}: ${error.code}: ${error.message}`,
      );
    }
    return true;
  }

  #end(secondary: StopReason | 'Completed', changes: Partial<TrainingJobRecord> = {}): void {
    this.#to(secondary, {
      ...changes,
      status: secondary === 'Completed' ? 'Completed' : 'Stopped',
      metrics: this.#metrics.final(),
    });
  }

  #fail(error: unknown): void {
    const own = error instanceof JobFailure;
    if (!own) this.#sagemaker.world.log.error({ err: error, job: this.#name }, 'a training job broke');
    const reason = own ? error.message : `${INTERNAL_SERVER_ERROR} (${(error as Error).message})`;
    this.#log.line(reason);
    this.#to('Failed', {
      status: 'Failed',
      failureReason: reason.slice(0, FAILURE_REASON_LIMIT),
      metrics: this.#metrics.final(),
    });
  }

  #to(...[secondary, changes]: [Parameters<typeof transition>[2], Partial<TrainingJobRecord>?]): void {
    if (!this.#abandoned) transition(this.#sagemaker, this.#name, secondary, changes);
  }
}
