import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { InvalidInputError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { readArtifacts } from '../artifacts.ts';
import { EXPORT_HINT } from '../unsupported.ts';
import type { OpenModel } from './open.ts';

const quantizationSchema = z.object({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  scale: z.number().optional(),
  min: z.number().optional(),
});

/** `model.json` of a layers model, as TensorFlow.js and its converter write it. */
const modelSchema = z.object({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().min(1)),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().nonnegative()),
          dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64']),
          quantization: quantizationSchema.optional(),
        }),
      ),
    }),
  ),
});

/** Opens a layers model of TensorFlow.js: `model.json` with the files of weights beside it. */
export async function openLayersModel(path: string): Promise<OpenModel> {
  const model = parseJson(modelSchema, await readFile(path, 'utf8'), `"${path}"`);
  const { format, generatedBy, convertedBy, modelTopology, weightsManifest } = model;
  if (format === 'graph-model') {
    throw new InvalidInputError(`"${path}" is a graph model of TensorFlow.js, which has no layers`, {
      hint: `Import the Keras model that it was made from. ${EXPORT_HINT}`,
    });
  }
  const parts = await Promise.all(
    weightsManifest.flatMap(({ paths }) => paths).map((part) => readPart(path, part)),
  );
  const artifacts = readArtifacts({
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights) as io.WeightsManifestEntry[],
    weightData: parts,
  });
  const producer = generatedBy ?? convertedBy ?? undefined;
  return { ...artifacts, format: 'tfjs', producer, path, close: () => {} };
}

async function readPart(model: string, part: string): Promise<ArrayBuffer> {
  if (basename(part) !== part || part === '..') {
    throw new InvalidInputError(`"${model}" names weights outside of its folder: "${part}"`);
  }
  const path = join(dirname(model), part);
  try {
    return Uint8Array.from(await readFile(path)).buffer;
  } catch (cause) {
    throw new InvalidInputError(`The weights "${path}" cannot be read`, {
      cause,
      hint: 'Keep all files of the model in one folder.',
    });
  }
}
