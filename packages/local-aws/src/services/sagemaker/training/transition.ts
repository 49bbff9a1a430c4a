import type { SecondaryStatus, TrainingJobStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { findJob } from '../operations/describe-training-job.ts';
import type { TrainingJobRecord } from '../records.ts';
import { publishJob } from './events.ts';

/** SageMaker's own words where they are known. */
const MESSAGES: Partial<Record<SecondaryStatus, string>> = {
  Pending: 'Waiting for a free place on this machine',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Uploading: 'Uploading generated training model',
  Stopping: 'Stopping the training job',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job runtime exceeded MaxRuntimeInSeconds provided',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
  Interrupted: 'The spot instance was taken away',
  Restarting: 'Restarting the training job after an internal error',
};

const FINAL: readonly TrainingJobStatus[] = ['Completed', 'Failed', 'Stopped'];
export const isFinal = (status: TrainingJobStatus) => FINAL.includes(status);

/** Moves a job to its next secondary status: ends the one before, keeps it on disk, tells the bus. */
export function transition(
  sagemaker: SageMakerContext,
  name: string,
  secondary: SecondaryStatus,
  changes: Partial<TrainingJobRecord> = {},
): TrainingJobRecord {
  const now = sagemaker.world.clock.now();
  const before = findJob(sagemaker, name);
  const transitions = before.transitions.map((one, index) =>
    index === before.transitions.length - 1 ? { ...one, ended: one.ended ?? now } : one,
  );
  const status = changes.status ?? before.status;
  transitions.push({
    status: secondary,
    started: now,
    ...(isFinal(status) ? { ended: now } : {}),
    message: MESSAGES[secondary] ?? secondary,
  });
  const after: TrainingJobRecord = {
    ...before,
    ...changes,
    secondary,
    transitions,
    modified: now,
    ...(isFinal(status) ? { ended: now } : {}),
  };
  sagemaker.store.jobs.put(name, after);
  publishJob(sagemaker, name);
  return after;
}
