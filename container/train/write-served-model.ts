import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '#core/contracts/common.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import {
  SERVED_OUTPUTS,
  SERVED_SCHEMA_VERSION,
  type ServedModel,
  servedModelSchema,
} from '#core/contracts/served-model.ts';
import { sha256 } from '#core/digest.ts';
import { parse } from '#core/parse.ts';
import { openPool } from '#model/inference/pool.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { toBytes } from '#model/onnx/build.ts';
import { servedGraph } from '#model/unsure/served-graph.ts';
import type { JobInputs } from './read-inputs.ts';
import type { TrainedModel } from './train-model.ts';
import type { TrainingJob } from './training-job.ts';

/**
 * Adds to a trained graph how far an image is from all classes, and writes the content of `model.tar.gz`.
 *
 * @returns the number of held-out images that the threshold of "unsure" comes from
 * @throws the signal's reason
 */
export async function writeServedModel(
  { paths, trainingJob, signal }: TrainingJob,
  { domain: { domain, labels, recipe, unsure }, general }: JobInputs,
  { graph, input, unsure: features }: TrainedModel,
): Promise<number> {
  const { graph: served, measured } = await servedGraph(
    graph,
    features,
    { keep: unsure.keep, seed: recipe.seed },
    signal,
  );
  await mkdir(paths.model, { recursive: true });
  const model = join(paths.model, MODEL_FILE);
  const bytes = toBytes(served);
  await writeFile(model, bytes);
  const description: ServedModel = {
    schemaVersion: SERVED_SCHEMA_VERSION,
    domain,
    labels,
    input,
    general,
    trainingJob,
    modelSha256: sha256(bytes),
    reference: await referenceOf(model, input),
  };
  const text = JSON.stringify(parse(servedModelSchema, description, 'served-model.json'));
  await writeFile(join(paths.model, 'served-model.json'), text);
  return measured.heldOut;
}

/** Both outputs for the synthetic images. */
async function referenceOf(model: string, input: Input): Promise<number[][]> {
  const outputs = [SERVED_OUTPUTS.probabilities, SERVED_OUTPUTS.outOfDomain];
  const pool = await openPool({ model, inputs: [input], outputs, threads: 1 });
  try {
    const reference: number[][] = [];
    for (const pixels of referenceImages(input)) {
      const [values] = await pool.infer({ image: { pixels } });
      reference.push(values!.flatMap((each) => [...each]));
    }
    return reference;
  } finally {
    await pool.close();
  }
}
