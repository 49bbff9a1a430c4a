import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet } from '#model/data/data-set.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { seedOf } from '#model/data/variants.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import type { InferencePool } from '#model/inference/pool.ts';
import { withOutputs } from '#model/onnx/with-outputs.ts';
import { extractFeatures } from '#model/transfer/extract.ts';
import type { FeatureRows } from '#model/transfer/feature-rows.ts';
import { viewsOf } from '#model/transfer/views.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { generalInput, makeGeneralModel } from '../general-fixture.ts';

const variants = { perImage: 3, seed: 7 };

let folder: string;
let data: LabelledFiles;
let pools: Record<1 | 3, InferencePool>;
let widths: number[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-extract-'));
  await makeImageFolder(folder, { labels: ['a', 'b'], perLabel: 8 });
  data = await loadDataSet(folder, THUMBNAIL);
  const { model, manifest } = await makeGeneralModel();
  const views = viewsOf(manifest.features, [2]);
  widths = views.map(({ width }) => width);
  const outputs = views.map(({ output }) => output);
  const graph = withOutputs(
    model,
    views.map(({ part }) => part),
    views.map(({ output, width }) => ({ name: output, width })),
  );
  const inputs = [generalInput];
  pools = {
    1: await openGraph(graph, { inputs, outputs, threads: 1 }),
    3: await openGraph(graph, { inputs, outputs, threads: 3 }),
  };
});
afterAll(async () => {
  for (const pool of Object.values(pools)) await pool.close();
  await rm(folder, { recursive: true, force: true });
});

const extract = (threads: 1 | 3, memoryBytes = 1e9, signal?: AbortSignal) =>
  extractFeatures(pools[threads], data, { form: 0, widths, variants, memoryBytes, signal });

function take(all: readonly FeatureRows[]) {
  const values = all.map((rows) => rows.read(0, rows.rows).slice());
  for (const rows of all) rows.close();
  return values;
}

describe('extractFeatures', () => {
  it('gives for every output one row a variant, the first of which is the image itself', async () => {
    const [places, vector] = await extract(1);

    expect(places).toMatchObject({ rows: 16 * 3, width: 48, onDisk: false });
    expect(vector).toMatchObject({ rows: 16 * 3, width: 6 });
    for (const image of [0, 5, 15]) {
      const seeds = [0, 1, 2].map((variant) => seedOf(variants, data.ids[image]!, variant));
      expect(seeds[0]).toBeUndefined();
      const results = await pools[1].infer({ image: data.paths[image]!, seeds });
      for (const [variant, [ofPlaces, ofVector]] of results.entries()) {
        const row = image * 3 + variant;
        expect(places!.read(row, row + 1)).toEqual(ofPlaces);
        expect(vector!.read(row, row + 1)).toEqual(ofVector);
      }
    }
    for (const rows of [places!, vector!]) rows.close();
  });

  it('gives the same on several threads, and on disk', async () => {
    const onOne = take(await extract(1));
    const onDisk = await extract(3, 0);

    expect(take(await extract(3))).toEqual(onOne);
    expect(onDisk.every((rows) => rows.onDisk)).toBe(true);
    expect(take(onDisk)).toEqual(onOne);
  });

  it('stops with the reason of the signal, and the pool can be used again', async () => {
    const controller = new AbortController();
    const options = { form: 0, widths, variants, memoryBytes: 0, signal: controller.signal };
    let asked = 0;
    const stopping: InferencePool = {
      ...pools[3],
      infer(task, signal) {
        if (++asked === 12) controller.abort(new Error('asked to stop'));
        return pools[3].infer(task, signal);
      },
    };

    const extraction = extractFeatures(stopping, data, options);

    await expect(extraction).rejects.toThrow('asked to stop');
    expect(asked).toBeLessThan(data.size);
    expect(take(await extract(3))).toEqual(take(await extract(1)));
  });

  it('names a file that can no longer be read, and stops there', async () => {
    const path = data.paths[9]!;
    await copyFile(path, join(folder, 'kept'));
    await writeFile(path, 'overwritten');
    try {
      await expect(extract(3)).rejects.toMatchObject({
        name: 'InvalidInput',
        message: expect.stringContaining(path),
        hint: expect.any(String),
      });
    } finally {
      await copyFile(join(folder, 'kept'), path);
    }
  });
});
