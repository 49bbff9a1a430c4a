import { InvalidInputError } from '#core/errors.ts';
import type { Layer, Weight } from '../network.ts';
import { parseNetwork } from '../parse-network.ts';
import { isRecord } from '../parse-references.ts';
import { majorVersion, parseConfiguration } from './configuration.ts';
import { type Hdf5, openHdf5 } from './hdf5.ts';
import type { OpenModel } from './open.ts';
import { readZip } from './zip.ts';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/**
 * Opens a `.keras` file: a ZIP file with the configuration, and the weights in groups that are named after
 * the layers' classes.
 */
export async function openKerasFile(path: string): Promise<OpenModel> {
  const entries = await readZip(path, [CONFIG, METADATA, WEIGHTS]);
  const config = entries.get(CONFIG);
  const bytes = entries.get(WEIGHTS);
  if (!config || !bytes) {
    throw new InvalidInputError(`"${path}" has no "${config ? WEIGHTS : CONFIG}"`, {
      hint: 'Save the whole model as one file with `model.save("model.keras")`.',
    });
  }
  const network = parseNetwork(parseConfiguration(config.toString(), `${CONFIG} in "${path}"`));
  const metadata = entries.has(METADATA)
    ? parseConfiguration(entries.get(METADATA)!.toString(), `${METADATA} in "${path}"`)
    : {};
  const keras = isRecord(metadata) ? metadata.keras_version : undefined;
  const weights = await openHdf5(bytes, path);
  return {
    format: 'keras',
    producer: typeof keras === 'string' ? `keras ${keras}` : undefined,
    path,
    network,
    // Keras 2 writes no such files before its last versions, and these write their number.
    version: keras === undefined ? 3 : majorVersion(keras),
    weightsOf: (layer) => weightsOf(weights, layer),
    close: () => weights.close(),
  };
}

function weightsOf(weights: Hdf5, { place, name }: Layer): Weight[] {
  const group = [place.group, place.group.replaceAll('layers', '_layer_checkpoint_dependencies')]
    .map((each) => `${each}/vars`)
    .find((each) => weights.has(each));
  if (!group) return [];
  // Newer versions write the layer's name beside its weights.
  const owner = weights.attribute(group, 'name');
  if (typeof owner === 'string' && owner !== name) {
    throw new InvalidInputError(`The weights of the layer "${name}" are those of a layer "${owner}"`, {
      hint: 'The configuration and the weights in the file are of two models; save the model again.',
    });
  }
  const indices = weights.keys(group).map(Number);
  return indices.sort((a, b) => a - b).map((index) => weights.weight(`${group}/${index}`));
}
