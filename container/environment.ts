import * as z from 'zod';
import { readEnvironment } from '#core/environment.ts';
import { BACKENDS } from '#model/tensorflow/backend-names.ts';

const portSchema = z.coerce.number().int().min(0).max(65_535);

const containerEnvironmentSchema = z.object({
  /** The folder that SageMaker mounts at `/opt/ml`; another one where several containers share a machine. */
  GRAFT_OPT_ML: z.string().min(1).default('/opt/ml'),
  /** SageMaker asks on port 8080, or on the one that it sets itself. 0 takes any free port. */
  GRAFT_PORT: portSchema.optional(),
  SAGEMAKER_BIND_TO_PORT: portSchema.optional(),
  /** Set by SageMaker on a multi-model endpoint. */
  SAGEMAKER_MULTI_MODEL: z.enum(['true', 'false']).default('false'),
  /** Set by SageMaker in a batch transform. */
  SAGEMAKER_BATCH: z.enum(['true', 'false']).default('false'),
  /** Mebibytes that the models of a multi-model endpoint may take; from the machine's when left out. */
  GRAFT_MODEL_MEMORY: z.coerce.number().int().min(1).optional(),
  /** Address to listen on: all of them in a container, which has its own network. */
  GRAFT_HOST: z.string().min(1).default('0.0.0.0'),
  GRAFT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Batches that `serve` computes at once; as many as there are cores when it is not set. */
  GRAFT_THREADS: z.coerce.number().int().min(1).max(1024).optional(),
  /** Images in a batch of `serve`, at most; measured when it is not set. 1 switches batches off. */
  GRAFT_BATCH: z.coerce.number().int().min(1).max(64).optional(),
  /**
   * Forces the numeric backend of `train`; the fastest one present when it is not set. The image has
   * `wasm` and `cpu`; the other ones are where `train` runs outside of it.
   */
  GRAFT_BACKEND: z.enum(BACKENDS).optional(),
  /** Set by SageMaker in training containers. */
  TRAINING_JOB_NAME: z.string().min(1).default('local'),
});
export type ContainerEnvironment = z.output<typeof containerEnvironmentSchema>;

/** @throws InvalidInputError listing every variable that has a value we cannot use */
export function containerEnvironment(environment: NodeJS.ProcessEnv = process.env): ContainerEnvironment {
  return readEnvironment(containerEnvironmentSchema, environment);
}
