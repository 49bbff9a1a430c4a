import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureImport } from '../../../bench/import/measure.ts';
import { storedNetworks } from '../../../bench/import/networks.ts';

const data = process.env.GRAFT_DATA ?? join('..', 'shared', 'data');
const networks = storedNetworks(data);

// Without the data there is no file to read: users do not have it.
it.skipIf(networks.length === 0)("networks of PyTorch's two exporters give PyTorch's features", async () => {
  expect(networks.map(({ name }) => name)).toEqual(['mobilenetv3_small_050', 'mobilenetv2_050']);
  for (const { name, files } of networks) {
    const { difference, takesBatches } = await measureImport(files!);
    expect(difference, name).toBeLessThan(1e-4);
    // One of them was exported for a single image.
    expect(takesBatches, name).toBe(true);
  }
});
