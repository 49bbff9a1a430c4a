import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceThread } from '../inference/worker.ts';
import type { DataTask } from '../training/data-worker.ts';
import type { TrainingTask } from '../training/training-worker.ts';

/** What a thread gets at its start. */
export type ThreadTask =
  | { work: 'inference'; task: InferenceThread }
  | { work: 'data'; task: DataTask }
  | { work: 'training'; task: TrainingTask };

// Loaded only where it is needed: TensorFlow.js takes a third of a second, which an endpoint's start would
// pay.
const { work, task } = workerData as ThreadTask;
if (work === 'inference') {
  const { answerTasks } = await import('../inference/worker.ts');
  await answerTasks(task, parentPort!);
} else if (work === 'data') {
  const { prepareImages } = await import('../training/data-worker.ts');
  await prepareImages(task, parentPort!);
} else {
  const { trainShare } = await import('../training/training-worker.ts');
  await trainShare(task, parentPort!);
}
