import { join } from 'node:path';

/** The input channels that a Graft training job has (`InputDataConfig` of `CreateTrainingJob`). */
export type Channel = 'model' | 'domain' | 'train' | 'test' | 'other' | 'champion';

/**
 * Every path of SageMaker's contract that the container uses, below the folder that SageMaker calls
 * `/opt/ml`.
 */
export interface OptMl {
  hyperparameters: string;
  channel(channel: Channel): string;
  /** Becomes `output/model.tar.gz`; at serving time the same tree, unpacked. */
  model: string;
  /** Of a multi-model endpoint: each model in a folder of its own. */
  models: string;
  /**
   * Restored before an interrupted job starts again, and copied away while it runs. Absent without
   * `CheckpointConfig`.
   */
  checkpoints: string;
  /** Becomes `output/output.tar.gz`. */
  outputData: string;
  evaluation: string;
  /** What a stopped job knew when it was stopped. */
  stopped: string;
  /** Its first 1,024 characters become the job's `FailureReason`. */
  failure: string;
}

/** @param root `/opt/ml`, or a folder of the same shape (many jobs run side by side on one machine) */
export function optMl(root: string): OptMl {
  const outputData = join(root, 'output', 'data');
  return {
    hyperparameters: join(root, 'input', 'config', 'hyperparameters.json'),
    channel: (channel) => join(root, 'input', 'data', channel),
    model: join(root, 'model'),
    models: join(root, 'models'),
    checkpoints: join(root, 'checkpoints'),
    outputData,
    evaluation: join(outputData, 'evaluation.json'),
    stopped: join(outputData, 'stopped.json'),
    failure: join(root, 'output', 'failure'),
  };
}
