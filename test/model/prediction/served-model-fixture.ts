import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '#core/contracts/common.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { SERVED_OUTPUTS, type ServedModel } from '#core/contracts/served-model.ts';
import { sha256 } from '#core/digest.ts';
import { createRandom } from '#core/random.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { networkInput } from '#model/network/input.ts';
import { floats, modelOf, node, toBytes, value } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';

export const input: Input = networkInput(16);

export interface ServedModelOptions {
  labels: readonly string[];
  /** Of the graph; that of the fixture where left out. */
  size?: number;
  trainingJob?: string;
}

/**
 * A folder as a training job writes it, with a tiny graph: one convolution, the mean of each of its channels,
 * a head of random weights.
 *
 * @returns what stands in `served-model.json`
 */
export async function makeServedModel(
  folder: string,
  { labels, size = 16, trainingJob = 'produce-job-1' }: ServedModelOptions,
): Promise<ServedModel> {
  const own = { ...input, height: size, width: size };
  const bytes = servedGraph(labels.length, size);
  const session = await openSession(bytes);
  const reference: number[][] = [];
  for (const pixels of referenceImages(own)) {
    const outputs = await session.run({ image: { dims: shapeOf(own, 1), data: prepare(pixels, own) } });
    reference.push([
      ...outputs[SERVED_OUTPUTS.probabilities]!.data,
      ...outputs[SERVED_OUTPUTS.outOfDomain]!.data,
    ]);
  }
  await session.close();
  const served: ServedModel = {
    schemaVersion: 2,
    domain: 'produce',
    labels: [...labels],
    input: own,
    general: { model: 'shapes', version: '20261123T154200Z-3f2a9c' },
    trainingJob,
    modelSha256: sha256(bytes),
    reference,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILE), bytes);
  await writeFile(join(folder, 'served-model.json'), JSON.stringify(served));
  return served;
}

function servedGraph(labelCount: number, size: number): Uint8Array {
  const random = createRandom('served model');
  const weights = (name: string, ...dims: number[]) =>
    floats(
      name,
      dims,
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
    );
  const channels = 8;
  return toBytes(
    modelOf({
      name: 'served',
      inputs: [value('image', ['n', 3, size, size])],
      outputs: [
        value(SERVED_OUTPUTS.probabilities, ['n', labelCount]),
        value(SERVED_OUTPUTS.outOfDomain, ['n', 1]),
      ],
      constants: [
        weights('filter', channels, 3, 3, 3),
        weights('head', channels, labelCount),
        weights('beyond', channels, 1),
      ],
      nodes: [
        node('Conv', ['image', 'filter'], ['convolved']),
        node('Relu', ['convolved'], ['active']),
        node('GlobalAveragePool', ['active'], ['mean']),
        node('Flatten', ['mean'], ['features']),
        node('MatMul', ['features', 'head'], ['logits']),
        node('Softmax', ['logits'], [SERVED_OUTPUTS.probabilities], { axis: -1n }),
        node('MatMul', ['features', 'beyond'], ['distance']),
        node('Sigmoid', ['distance'], [SERVED_OUTPUTS.outOfDomain]),
      ],
    }),
  );
}
