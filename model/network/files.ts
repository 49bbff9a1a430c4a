import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { IntegrityError, NotFoundError } from '#core/errors.ts';
import { readRegularFile } from '#core/regular-file.ts';

const TOPOLOGY_FILE = 'model.json';
const WEIGHTS_FILE = 'weights.bin';

/** The part of `model.json` that is read here; TensorFlow.js parses the topology. */
interface ModelJson extends tf.io.ModelJSON {
  modelTopology: object;
}

/**
 * Writes a model in TensorFlow.js' LayersModel format, which any TensorFlow.js program loads. The folder is
 * made when it is missing.
 *
 * @returns names of the files: `model.json`, `weights.bin`
 */
export async function saveModel(model: tfl.LayersModel, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const json: ModelJson = {
        format: 'layers-model',
        generatedBy: artifacts.generatedBy ?? 'TensorFlow.js',
        convertedBy: null,
        modelTopology: artifacts.modelTopology as object,
        weightsManifest: [{ paths: [WEIGHTS_FILE], weights: artifacts.weightSpecs ?? [] }],
      } as ModelJson;
      const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData ?? new ArrayBuffer(0));
      await writeFile(join(folder, WEIGHTS_FILE), new Uint8Array(weights));
      await writeFile(join(folder, TOPOLOGY_FILE), JSON.stringify(json));
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
  return [TOPOLOGY_FILE, WEIGHTS_FILE];
}

/**
 * Reads a model that `saveModel` (or any TensorFlow.js program) wrote. Set up a backend first (`useBackend`).
 *
 * @throws NotFoundError when a file is missing
 * @throws IntegrityError when the files are not a LayersModel or do not belong together
 */
export async function loadModel(folder: string): Promise<tfl.LayersModel> {
  const json = parseTopology(await readModelFile(folder, TOPOLOGY_FILE), folder);
  const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
  const paths = json.weightsManifest.flatMap((group) => group.paths);
  const parts = await Promise.all(paths.map((path) => readModelFile(folder, path)));
  const weights = Buffer.concat(parts);
  const expected = weightSpecs.reduce((bytes, spec) => bytes + byteLength(spec), 0);
  if (weights.length !== expected) {
    throw new IntegrityError(
      `${paths.join(', ')} in ${folder} has ${weights.length} bytes, its model.json describes ${expected}`,
      { hint: 'Copy the model again: the files do not belong together.' },
    );
  }
  try {
    return await tfl.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology,
        weightSpecs,
        weightData: new Uint8Array(weights).buffer,
        format: 'layers-model',
      }),
    );
  } catch (cause) {
    throw new IntegrityError(`The model in ${folder} cannot be loaded`, {
      cause,
      hint: 'It has to be in the LayersModel format of TensorFlow.js.',
    });
  }
}

function parseTopology(bytes: Buffer, folder: string): ModelJson {
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(bytes.toString('utf8')) as Partial<ModelJson> | null;
  } catch (cause) {
    throw new IntegrityError(`${TOPOLOGY_FILE} in ${folder} is not JSON`, { cause });
  }
  const manifest: unknown = json?.weightsManifest;
  const complete =
    typeof json?.modelTopology === 'object' &&
    Array.isArray(manifest) &&
    manifest.every((group) => Array.isArray(group?.paths) && Array.isArray(group?.weights));
  if (!complete) {
    throw new IntegrityError(`${TOPOLOGY_FILE} in ${folder} does not describe a LayersModel`, {
      hint: 'It needs "modelTopology" and "weightsManifest".',
    });
  }
  return json as ModelJson;
}

async function readModelFile(folder: string, name: string): Promise<Buffer> {
  if (basename(name) !== name) {
    throw new IntegrityError(`${TOPOLOGY_FILE} in ${folder} names a file outside its folder: "${name}"`);
  }
  try {
    return await readRegularFile(join(folder, name), Number.POSITIVE_INFINITY);
  } catch (cause) {
    throw new NotFoundError(`The model in ${folder} has no file "${name}"`, { cause });
  }
}

const BYTES_PER_VALUE: Record<string, number> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

const byteLength = (spec: tf.io.WeightsManifestEntry) =>
  spec.shape.reduce((size, side) => size * side, 1) *
  (BYTES_PER_VALUE[spec.quantization?.dtype ?? spec.dtype] ?? Number.NaN);
