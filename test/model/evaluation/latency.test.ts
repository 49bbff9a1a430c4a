import { describe, expect, it } from 'vitest';
import { measureLatency } from '#model/evaluation/latency.ts';

describe('measureLatency', () => {
  it('reports median and 95th percentile of single predictions, warming up left out', async () => {
    const asked: unknown[] = [];
    const images = [Uint8Array.of(1), Uint8Array.of(2)];
    // Two readings for each prediction: five that warm up take 100 ms, the others 1, 2, … 20 ms.
    let readings = 0;
    const clock = () => {
      const prediction = Math.floor(readings / 2) - 5;
      return readings++ % 2 === 0 ? 0 : prediction < 0 ? 100 : prediction + 1;
    };

    const latency = await measureLatency(async (image) => asked.push(image), images, 20, clock);

    expect(latency).toEqual({ p50: 10, p95: 19 });
    expect(asked).toHaveLength(25);
    expect(asked.slice(0, 3)).toEqual([images[0], images[1], images[0]]);
  });
});
