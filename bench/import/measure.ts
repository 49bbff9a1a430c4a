import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '#core/errors.ts';
import { finishModel } from '#model/onnx/general-model.ts';
import { type ImportedGraph, importGraph } from '#model/onnx/import-graph.ts';
import type { Preparation } from '#model/onnx/import-source.ts';
import { openSession, type Values } from '#model/onnx/session.ts';
import { readSource } from '../../onprem-agent/commands/import/read-source.ts';
import type { NetworkFiles } from './networks.ts';

/** What one import came to. */
export interface Measured {
  /** Where the features are, for instance `map 512 × 7 × 7`. */
  features: string;
  /** Largest difference to the reference, in shares of the largest value. */
  difference: number;
  importSeconds: number;
  millisecondsPerImage: number;
  takesBatches: boolean;
}

/** For the reference features that the import measures; the images that are compared are prepared already. */
const PREPARATION: Preparation = {
  colours: 'RGB',
  mean: [127.5, 127.5, 127.5],
  deviation: [127.5, 127.5, 127.5],
  resize: { fit: 'stretch' },
  interpolation: 'linear',
};

/**
 * Imports a network as `graft import` does, and compares its features with those of another program.
 *
 * @throws InvalidInputError when their number is another one
 */
export async function measureImport({ model, input, features }: NetworkFiles): Promise<Measured> {
  const started = performance.now();
  const graph = await importGraph(await readSource(model, { size: undefined }));
  const general = await finishModel(graph, PREPARATION);
  const importSeconds = (performance.now() - started) / 1_000;
  const session = await openSession(general.bytes);
  const expected = await floatsOf(features);
  const images = await floatsOf(input);
  const found: Record<string, number[]> = {};
  for (const image of halvesOf(images)) {
    const values = await session.run({ [graph.input.name]: { dims: shapeOf(graph), data: image } });
    for (const { name } of graph.features) {
      found[name] ??= [];
      found[name].push(...meansOf(values[name]!));
    }
  }
  await session.close();
  // What lies right before the classifier: the vector where there is one.
  const name = graph.features.at(-1)!.name;
  return {
    features: graph.features.map(placesText).join(', '),
    difference: differenceOf(found[name]!, expected),
    importSeconds,
    millisecondsPerImage: general.millisecondsPerImage,
    takesBatches: graph.takesBatches,
  };
}

async function floatsOf(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

const halvesOf = (values: Float32Array): Float32Array[] => [
  values.subarray(0, values.length / 2),
  values.subarray(values.length / 2),
];

const shapeOf = ({ input: { layout, height, width } }: ImportedGraph): number[] =>
  layout === 'NCHW' ? [1, 3, height, width] : [1, height, width, 3];

function meansOf({ dims, data }: Values): number[] {
  const width = dims[1]!;
  const places = data.length / width;
  return Array.from({ length: width }, (_, at) => {
    const values = data.subarray(at * places, (at + 1) * places);
    return values.reduce((sum, value) => sum + value, 0) / places;
  });
}

function differenceOf(found: readonly number[], expected: Float32Array): number {
  if (found.length !== expected.length) {
    throw new InvalidInputError(
      `${found.length} values were found, and the reference has ${expected.length}`,
    );
  }
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const most = found.reduce((max, value, at) => Math.max(max, Math.abs(value - expected[at]!)), 0);
  return most / largest;
}

const placesText = ({ name, width, places }: ImportedGraph['features'][number]): string =>
  places === undefined ? `${name} ${width}` : `${name} ${width} × ${places.rows} × ${places.columns}`;
