import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import { type LoadedDataSet, loadDataSet } from '#model/data/data-set.ts';
import { networkInput } from '#model/network/input.ts';
import { makeImageFolder } from '../fixtures/images.ts';

export const input = networkInput(16);
export const labels = ['red discs', 'green squares', 'blue crosses'];
export const recipe: Recipe = recipeSchema.parse({ augmentation: 4, epochs: 10 });

/** A small domain that is easy to learn. */
export interface ShapesDomain {
  folder: string;
  train: LoadedDataSet;
  test: LoadedDataSet;
  /** Another data set of the same labels, with so many images of each. */
  load(name: string, perLabel: readonly number[]): Promise<LoadedDataSet>;
  remove(): Promise<void>;
}

export async function createShapesDomain(): Promise<ShapesDomain> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-shapes-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 5, seed: 1 });
  await makeImageFolder(join(folder, 'test'), { labels, perLabel: 8, seed: 2 });
  return {
    folder,
    train: await loadDataSet(join(folder, 'train'), input, { labels }),
    test: await loadDataSet(join(folder, 'test'), input, { labels }),
    async load(name, perLabel) {
      const root = join(folder, name);
      const most = Math.max(...perLabel);
      const paths = await makeImageFolder(root, { labels, perLabel: most });
      for (const [i, path] of paths.entries()) {
        if (i % most >= perLabel[Math.floor(i / most)]!) await rm(path);
      }
      return loadDataSet(root, input, { labels });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
