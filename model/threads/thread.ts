import { parentPort, workerData } from 'node:worker_threads';
import { type TrainingTask, trainShare } from '../training/training-worker.ts';
import { type FeatureTask, inferBatches } from '../transfer/feature-worker.ts';

/** What a thread gets at its start. */
export type ThreadTask = { work: 'features'; task: FeatureTask } | { work: 'training'; task: TrainingTask };

const { work, task } = workerData as ThreadTask;
if (work === 'features') await inferBatches(task, parentPort!);
else await trainShare(task, parentPort!);
