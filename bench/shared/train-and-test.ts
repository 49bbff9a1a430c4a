import { join } from 'node:path';
import type { Recipe } from '#core/contracts/domain.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { evaluate, type Measured } from '#model/evaluation/evaluate.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import { type GeneralModel, type TransferResult, trainTransfer } from '#model/transfer/transfer.ts';
import { type ServedGraph, servedGraph } from '#model/unsure/served-graph.ts';

export interface DomainFiles {
  train: LabelledFiles;
  test: LabelledFiles;
}

/** A domain's folders `train` and `test`, read as a training job reads them. */
export async function readDomainFiles(folder: string, labels?: readonly string[]): Promise<DomainFiles> {
  const load = async (part: string) => {
    const images = await loadDataSet(join(folder, part), THUMBNAIL, labels === undefined ? {} : { labels });
    images.close();
    return images;
  };
  return { train: await load('train'), test: await load('test') };
}

export interface Trained {
  result: TransferResult;
  served: ServedGraph;
  /** Of transfer, from files to the head; without what finds images of no class. */
  seconds: number;
}

/** Transfer as a training job does it. The features are closed. */
export async function transferOnce(
  general: GeneralModel,
  train: LabelledFiles,
  recipe: Recipe,
  keep = 0.95,
): Promise<Trained> {
  const started = performance.now();
  const result = await trainTransfer({ general, train, recipe });
  const seconds = (performance.now() - started) / 1_000;
  try {
    const served = await servedGraph(result.graph, result.unsure, { keep, seed: recipe.seed });
    return { result, served, seconds };
  } finally {
    result.unsure.rows.close();
  }
}

/** What transfer makes of a domain, on its test images. */
export async function trainAndTest(
  general: GeneralModel,
  { train, test }: DomainFiles,
  recipe: Recipe,
): Promise<Trained & { measured: Measured }> {
  const trained = await transferOnce(general, train, recipe);
  const pool = await openGraph(trained.served.graph, { inputs: [trained.result.input] });
  try {
    return { ...trained, measured: await evaluate(pool, test) };
  } finally {
    await pool.close();
  }
}
