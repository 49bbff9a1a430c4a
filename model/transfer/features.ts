import * as tfl from '@tensorflow/tfjs-layers';
import type { DataSet } from '../data/data-set.ts';
import { gatherVariants, type Variants } from '../data/variants.ts';
import { artifactsOf } from '../network/copy-model.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import type { Backbone } from './backbone.ts';
import { createFeatureRows, type FeatureRows } from './feature-rows.ts';
import { featureThreads, inferOnThreads } from './feature-threads.ts';
import { type FeatureBatch, type FeatureResult, inferBatch } from './infer-batch.ts';

/** Rows that pass the backbone together: larger batches are no faster, and take more memory. */
const BATCH = 64;

export interface ExtractionOptions {
  variants: Variants;
  /** Features that need more go to disk. */
  memoryBytes: number;
  /** By default as many as `featureThreads` says. */
  threads?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs every variant of every image through the general model, once, however many cut layers are asked for.
 *
 * @returns the features of each backbone, one row for each variant of each image; the caller closes them
 * @throws the signal's reason
 */
export async function extractFeatures(
  backbones: readonly Backbone[],
  data: DataSet,
  options: ExtractionOptions,
): Promise<FeatureRows[]> {
  const { variants, memoryBytes, signal } = options;
  const rows = data.size * variants.perImage;
  const { threads = featureThreads(rows) } = options;
  // Not disposed: it owns nothing, the layers are the general model's.
  const model = tfl.model({
    inputs: backbones[0]!.input,
    outputs: backbones.map(({ features }) => features),
  });
  const all = backbones.map(({ width }) => createFeatureRows(rows, width, memoryBytes / backbones.length));
  const onResult = ({ start, features }: FeatureResult) => {
    for (const [i, values] of features.entries()) all[i]!.write(values, start);
  };
  const batches = batchesOf(data, variants);
  try {
    if (threads > 1) {
      const task = { artifacts: await artifactsOf(model), input: data.input };
      await inferOnThreads({ task, threads, batches, onResult, signal });
    } else {
      for (const batch of batches) {
        onResult(inferBatch(model, batch, data.input));
        await yieldToEventLoop(signal);
      }
    }
  } catch (error) {
    for (const features of all) features.close();
    throw error;
  }
  return all;
}

function* batchesOf(data: DataSet, variants: Variants): Generator<FeatureBatch, undefined> {
  const rows = data.size * variants.perImage;
  for (let start = 0; start < rows; start += BATCH) {
    const batch = Int32Array.from({ length: Math.min(BATCH, rows - start) }, (_, i) => start + i);
    yield { start, ...gatherVariants(data, batch, variants) };
  }
  return undefined;
}
