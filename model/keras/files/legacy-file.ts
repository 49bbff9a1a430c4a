import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '#core/errors.ts';
import type { Layer, Weight } from '../network.ts';
import { parseNetwork } from '../parse-network.ts';
import { majorVersion, parseConfiguration } from './configuration.ts';
import { type Hdf5, openHdf5 } from './hdf5.ts';
import type { OpenModel } from './open.ts';

const WEIGHTS = 'model_weights';

/** Opens a `.h5` file of Keras 2 or 3: the configuration is an attribute, each layer has a group. */
export async function openLegacyFile(path: string): Promise<OpenModel> {
  const file = await openHdf5(await readFile(path), path);
  try {
    const text = file.attribute('/', 'model_config');
    if (typeof text !== 'string') {
      throw new InvalidInputError(`"${path}" has weights but no configuration of a model`, {
        hint: 'Save the whole model with `model.save`, not its weights alone.',
      });
    }
    const keras = file.attribute('/', 'keras_version');
    return {
      format: 'keras-h5',
      producer: typeof keras === 'string' ? `keras ${keras}` : undefined,
      path,
      network: parseNetwork(parseConfiguration(text, `model_config in "${path}"`)),
      version: majorVersion(keras),
      weightsOf: (layer) => weightsOf(file, layer),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * A model inside the model has one group for all its layers; there the weights' own names, `…layer/weight`,
 * say which layer they belong to.
 */
function weightsOf(file: Hdf5, { place, name }: Layer): Weight[] {
  const group = `${WEIGHTS}/${place.names[0]}`;
  const all = file.texts(group, 'weight_names') ?? [];
  const own = place.names.length === 1 ? all : all.filter((each) => each.split('/').at(-2) === name);
  return own.map((each) => file.weight(`${group}/${each}`));
}
