import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateModelInput, CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { ServiceError } from '../../../service.ts';
import { fileNameOf } from '../../../store/file-name.ts';
import type { SageMakerContext } from '../context.ts';
import { ServingContainer, StartupFailure } from '../endpoints/serving-container.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import type { Run } from '../job-queue.ts';
import { LogStream } from '../log-stream.ts';
import { findModel } from '../operations/models.ts';
import { findTransformJob } from '../operations/transform-jobs.ts';
import type { VariantPlan } from '../records.ts';
import { parseS3Uri, S3Files } from '../s3-files.ts';
import { type ExecutionParameters, executionParameters } from './execution-parameters.ts';
import { type InputObject, inputObjects } from './input-objects.ts';
import { invoke } from './invoke.ts';
import { changeTransformJob } from './transition.ts';

const LOG_GROUP = '/aws/sagemaker/TransformJobs';
const STARTUP_SECONDS = 240;
const FAILURE_REASON_LIMIT = 1024;

/** The job's own fault, or its owner's: it ends as `Failed` with this reason. */
class TransformFailure extends Error {}

const seeLogs = (kind: 'AlgorithmError' | 'ClientError', detail = '') =>
  new TransformFailure(`${kind}: See job logs for more information${detail === '' ? '' : ` (${detail})`}`);

/**
 * One transform job: starts the model's container, sends it every object, and stores the answers at the end.
 * A stopped job stores nothing.
 */
export class TransformRun implements Run {
  readonly #sagemaker: SageMakerContext;
  readonly #name: string;
  readonly #request: CreateTransformJobRequest;
  readonly #stopped = new AbortController();
  #container: ServingContainer | undefined;
  #abandoned = false;

  constructor(sagemaker: SageMakerContext, name: string) {
    this.#sagemaker = sagemaker;
    this.#name = name;
    this.#request = findTransformJob(sagemaker, name).request;
  }

  async run(): Promise<void> {
    const folder = join(this.#sagemaker.workFolder, 'transforms', fileNameOf(this.#name));
    try {
      this.#change({ started: this.#sagemaker.world.clock.now() });
      await this.#transform(folder);
      this.#change({ status: 'Completed' });
    } catch (error) {
      this.#end(error);
    }
    await this.#container?.stop(this.#abandoned ? 0 : undefined);
    await rm(folder, { recursive: true, force: true });
  }

  stop(): void {
    this.#stopped.abort(new Error('stopped'));
  }

  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.stop();
    await this.#container?.stop(0);
  }

  async #transform(folder: string): Promise<void> {
    const { world } = this.#sagemaker;
    const model = findModel(this.#sagemaker, this.#request.ModelName!).request;
    const roleArn = model.ExecutionRoleArn!;
    const files = new S3Files(world, roleArn);
    const dataLog = new LogStream(world, roleArn, LOG_GROUP, `${this.#name}/${world.clock.now()}/data-log`);
    try {
      await mkdir(folder, { recursive: true });
      const { signal } = this.#stopped;
      const plan = planOf(this.#request, model);
      this.#container = await ServingContainer.start(this.#sagemaker, LOG_GROUP, plan, { signal });
      signal.throwIfAborted();
      const parameters = await executionParameters(await this.#container.address(), this.#request, signal);
      const objects = await inputObjects(files, this.#request.TransformInput!.DataSource!.S3DataSource!);
      const answered = await this.#askAll(objects, { files, folder, dataLog, parameters });
      await this.#store(files, folder, answered.names);
      if (answered.failure !== undefined) throw seeLogs(answered.failure);
    } finally {
      await dataLog.flush();
    }
  }

  /** @returns names of the objects that were answered, and of what kind a failure was */
  async #askAll(
    objects: readonly InputObject[],
    { files, folder, dataLog, parameters }: AskContext,
  ): Promise<{ names: string[]; failure: 'AlgorithmError' | 'ClientError' | undefined }> {
    const giveUp = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, giveUp.signal]);
    const { clock } = this.#sagemaker.world;
    const asked = { container: this.#container!, clock };
    const rest = objects[Symbol.iterator]();
    const names: string[] = [];
    let failure: 'AlgorithmError' | 'ClientError' | undefined;
    const refuse = ({ bucket, key }: InputObject, kind: NonNullable<typeof failure>, words: string) => {
      failure = failure === 'AlgorithmError' ? failure : kind;
      for (const line of words.split('\n')) dataLog.line(`${bucket}/${key}: ${line}`);
    };
    const work = async () => {
      for (const object of rest) {
        signal.throwIfAborted();
        const body = await files.read(object).catch(unreadable);
        if (!Buffer.isBuffer(body)) {
          refuse(object, 'ClientError', `Failed to read it: ${body.message}`);
          continue;
        }
        if (parameters.payloadBytes > 0 && body.length > parameters.payloadBytes) {
          refuse(object, 'ClientError', `Too much data for max payload size: ${body.length} bytes`);
          continue;
        }
        const answer = await invoke(asked, this.#request, body, signal);
        if (Buffer.isBuffer(answer)) {
          await writeFile(join(folder, fileNameOf(object.name)), answer);
          names.push(object.name);
        } else if (answer.status >= 400 && answer.status < 500) {
          refuse(object, 'ClientError', `ClientError: ${answer.status}\n\nMessage:\n${answer.message}`);
        } else {
          refuse(object, 'AlgorithmError', `Unable to get response from algorithm: ${answer.message}`);
        }
      }
    };
    const workers = Array.from({ length: parameters.concurrent }, () =>
      work().catch((error: unknown) => giveUp.abort(error)),
    );
    await Promise.all(workers);
    signal.throwIfAborted();
    return { names, failure };
  }

  async #store(files: S3Files, folder: string, names: readonly string[]): Promise<void> {
    const { S3OutputPath: uri, Accept: type } = this.#request.TransformOutput!;
    const { bucket, key } = parseS3Uri(uri!);
    const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
    for (const name of names) {
      this.#stopped.signal.throwIfAborted();
      const target = { bucket, key: `${prefix}${name}.out` };
      try {
        await files.upload(join(folder, fileNameOf(name)), target, type ?? 'application/octet-stream');
      } catch (error) {
        if (!(error instanceof ServiceError) || error.statusCode >= 500) throw error;
        const where = `s3://${target.bucket}/${target.key}`;
        throw new TransformFailure(
          `ClientError: Data upload failed:${where}: ${error.code}: ${error.message}`,
        );
      }
    }
  }

  #end(error: unknown): void {
    if (this.#abandoned) return;
    if (this.#stopped.signal.aborted) {
      this.#change({ status: 'Stopped' });
      return;
    }
    this.#change({ status: 'Failed', failureReason: this.#reason(error).slice(0, FAILURE_REASON_LIMIT) });
  }

  #reason(error: unknown): string {
    if (error instanceof TransformFailure) return error.message;
    if (error instanceof StartupFailure) return seeLogs('AlgorithmError', error.message).message;
    // S3 refused the input, or the model was deleted.
    if (error instanceof ServiceError && error.statusCode < 500) {
      return seeLogs('ClientError', error.message).message;
    }
    this.#sagemaker.world.log.error({ err: error, job: this.#name }, 'a transform job broke');
    return `${INTERNAL_SERVER_ERROR} (${(error as Error).message})`;
  }

  #change(changes: Parameters<typeof changeTransformJob>[2]): void {
    if (!this.#abandoned) changeTransformJob(this.#sagemaker, this.#name, changes);
  }
}

interface AskContext {
  files: S3Files;
  folder: string;
  dataLog: LogStream;
  parameters: ExecutionParameters;
}

/** What S3 refuses is the object's failure, anything else the job's. */
function unreadable(error: unknown): ServiceError {
  if (error instanceof ServiceError && error.statusCode < 500) return error;
  throw error;
}

/** The container that the job's model runs in. */
function planOf(request: CreateTransformJobRequest, model: CreateModelInput): VariantPlan {
  const { Image: image, ModelDataUrl: modelDataUrl, Environment: environment } = model.PrimaryContainer!;
  return {
    name: request.TransformJobName!,
    image: image!,
    ...(modelDataUrl === undefined ? {} : { modelDataUrl }),
    environment: environmentOf(request, environment),
    roleArn: model.ExecutionRoleArn!,
    weight: 1,
    startupSeconds: STARTUP_SECONDS,
  };
}

/** What SageMaker tells a container of a transform job, and the model's and the job's own variables. */
function environmentOf(
  { Environment, MaxConcurrentTransforms, MaxPayloadInMB, BatchStrategy }: CreateTransformJobRequest,
  ofModel: Record<string, string> = {},
): Record<string, string> {
  const told = (name: string, value: number | undefined) =>
    value === undefined ? {} : { [name]: String(value) };
  return {
    ...ofModel,
    ...Environment,
    SAGEMAKER_BATCH: 'true',
    ...told('SAGEMAKER_MAX_PAYLOAD_IN_MB', MaxPayloadInMB),
    ...told('SAGEMAKER_MAX_CONCURRENT_TRANSFORMS', MaxConcurrentTransforms),
    ...(BatchStrategy === undefined ? {} : { SAGEMAKER_BATCH_STRATEGY: 'SINGLE_RECORD' }),
  };
}
