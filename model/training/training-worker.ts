import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '#core/monotonic.ts';
import { buildNetwork } from '../network/backbone.ts';
import { useBackend } from '../tensorflow/backend.ts';
import { runTrainingLoop } from './loop.ts';
import { createAddUp, type WorkerMessage, type WorkerTask } from './parallel-training.ts';

/** Often enough for a progress bar. */
const MILLISECONDS_BETWEEN_REPORTS = 100;

const { plan, network, backend, rank, pixels, meeting } = workerData as WorkerTask;
await useBackend(backend);
const model = buildNetwork(network);
const all = new Uint8Array(pixels);
const size = plan.input.height * plan.input.width * plan.input.channels;
const report = (message: WorkerMessage) => parentPort!.postMessage(message);
let reportedAt = Number.NEGATIVE_INFINITY;

const outcome = await runTrainingLoop(model, plan, {
  rank,
  gather: (indices) => {
    const chosen = new Uint8Array(indices.length * size);
    for (let i = 0; i < indices.length; i++) {
      chosen.set(all.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
    }
    return chosen;
  },
  addUp: createAddUp(meeting, plan.workers, rank),
  onStep: (progress) => {
    const now = monotonicMs();
    if (rank !== 0 || now - reportedAt < MILLISECONDS_BETWEEN_REPORTS) return;
    reportedAt = now;
    report({ type: 'progress', progress });
  },
});
if (rank === 0) {
  const weights = model.weights.map((weight) => weight.read().dataSync() as Float32Array);
  report({ type: 'done', outcome, weights });
}
// The parent ends all threads when worker 0 is done: until then an ended one would look like a failure.
parentPort!.ref();
