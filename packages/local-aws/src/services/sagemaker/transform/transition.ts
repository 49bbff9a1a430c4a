import type { TransformJobStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { findTransformJob } from '../operations/transform-jobs.ts';
import type { TransformJobRecord } from '../records.ts';
import { publishTransformJob } from './events.ts';

const FINAL: readonly TransformJobStatus[] = ['Completed', 'Failed', 'Stopped'];
export const hasEnded = (status: TransformJobStatus) => FINAL.includes(status);

/** Changes a job's record, keeps it on disk, and tells the bus. */
export function changeTransformJob(
  sagemaker: SageMakerContext,
  name: string,
  changes: Partial<TransformJobRecord>,
): void {
  const modified = sagemaker.world.clock.now();
  const before = findTransformJob(sagemaker, name);
  const ended = changes.status !== undefined && hasEnded(changes.status) ? { ended: modified } : {};
  sagemaker.store.transformJobs.put(name, { ...before, ...changes, modified, ...ended });
  publishTransformJob(sagemaker, name);
}
