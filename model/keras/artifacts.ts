import type { io } from '@tensorflow/tfjs-core';
import { InvalidInputError } from '#core/errors.ts';
import type { KerasModel, Layer, Weight } from './network.ts';
import { parseNetwork } from './parse-network.ts';
import { isRecord } from './parse-references.ts';
import { decodeWeight } from './weight-types.ts';

/**
 * Reads a layers model of TensorFlow.js: its topology, and its weights as one block of bytes.
 *
 * @throws InvalidInputError when it is no layers model, or its weights do not fit to their list
 */
export function readArtifacts({
  modelTopology,
  weightSpecs = [],
  weightData,
}: io.ModelArtifacts): KerasModel {
  if (!isRecord(modelTopology)) {
    throw new InvalidInputError("This is no layers model of TensorFlow.js: it has no layers' configuration");
  }
  // Keras's converter writes the model's configuration one level deeper than TensorFlow.js itself.
  const configuration = isRecord(modelTopology.model_config) ? modelTopology.model_config : modelTopology;
  const weights = splitWeights(weightSpecs, joined(weightData));
  return {
    network: parseNetwork(configuration),
    version: /^3\./.test(String(modelTopology.keras_version)) ? 3 : 2,
    weightsOf: (layer) => weights.get(layer.name) ?? [],
  };
}

/** Weights by layer, in the file's order; their names are `layer/weight`, with models around it before. */
function splitWeights(specs: readonly io.WeightsManifestEntry[], bytes: Uint8Array): Map<string, Weight[]> {
  const layers = new Map<Layer['name'], Weight[]>();
  let offset = 0;
  for (const spec of specs) {
    const { weight, size } = decodeWeight(spec, bytes, offset);
    offset += size;
    const layer = spec.name.split('/').at(-2) ?? spec.name;
    layers.set(layer, [...(layers.get(layer) ?? []), weight]);
  }
  if (offset !== bytes.length) {
    throw new InvalidInputError(`The weights have ${bytes.length} bytes, and their list says ${offset}`, {
      hint: 'Copy the files again; a part of the weights is missing or does not belong to this model.',
    });
  }
  return layers;
}

function joined(data: io.WeightData | undefined): Uint8Array {
  if (data === undefined) return new Uint8Array(0);
  const parts = Array.isArray(data) ? data : [data];
  return parts.length === 1
    ? new Uint8Array(parts[0]!)
    : Buffer.concat(parts.map((part) => new Uint8Array(part)));
}
