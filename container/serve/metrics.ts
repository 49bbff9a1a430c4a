import { counter, gauge, histogram, type Metric } from './prometheus.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export type ServeMetrics = ReturnType<typeof createServeMetrics>;

/** What `GET /metrics` tells of this process since its start. */
export function createServeMetrics() {
  let waiting = 0;
  const requests = counter<{ route: string; status: string }>(
    'graft_requests_total',
    'Requests that were answered, by route and status.',
  );
  const queueSeconds = histogram('graft_queue_seconds', 'Time that an image waited for its turn.', SECONDS);
  const decodeSeconds = histogram('graft_decode_seconds', 'Time to decode an image.', SECONDS);
  const inferenceSeconds = histogram(
    'graft_inference_seconds',
    'Time from a decoded image to its prediction, with its wait for a thread.',
    SECONDS,
  );
  const batchImages = histogram('graft_batch_images', 'Images that were computed at once.', [1, 2, 4, 8]);
  const all: Metric[] = [
    requests,
    gauge('graft_queue_images', 'Images that wait for their turn.', () => waiting),
    queueSeconds,
    decodeSeconds,
    inferenceSeconds,
    batchImages,
    gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()),
  ];
  return {
    requests,
    decodeSeconds,
    inferenceSeconds,
    batchImages,
    /** Called when an image begins to wait; what it gives is called when its turn comes, or it is dropped. */
    waits(): () => void {
      const began = performance.now();
      waiting++;
      let over = false;
      return () => {
        if (over) return;
        over = true;
        waiting--;
        queueSeconds.observe((performance.now() - began) / 1000);
      };
    },
    text: () => all.map((metric) => metric.text()).join(''),
  };
}

/** Seconds that something took. */
export async function timed<T>(observe: (seconds: number) => void, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work();
  } finally {
    observe((performance.now() - began) / 1000);
  }
}
