import * as tfl from '@tensorflow/tfjs-layers';
import { InvalidInputError } from '#core/errors.ts';

/** The general model from its input to its features, flattened. It shares the general model's weights. */
export interface Backbone {
  /** Name of the layer behind which the general model is cut. */
  cutLayer: string;
  input: tfl.SymbolicTensor;
  /** Shape [n, width]. */
  features: tfl.SymbolicTensor;
  width: number;
}

/**
 * Cuts the general model behind a layer. A feature map is averaged to 2 × 2 places before it is flattened:
 * this keeps where something is, and few images cannot train a head on more features.
 *
 * @throws InvalidInputError when there is no such layer
 */
export function cutBackbone(general: tfl.LayersModel, cutLayer: string): Backbone {
  const layer = general.layers.find((candidate) => candidate.name === cutLayer);
  if (!layer) {
    throw new InvalidInputError(`The general model has no layer "${cutLayer}" to cut behind`, {
      hint: `Its layers are ${general.layers.map((candidate) => candidate.name).join(', ')}.`,
    });
  }
  const output = layer.output as tfl.SymbolicTensor;
  const features = output.shape.length === 4 ? flattenedPlaces(output) : output;
  return { cutLayer, input: general.inputs[0]!, features, width: features.shape[1]! };
}

function flattenedPlaces(map: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const [, height, width] = map.shape as [null, number, number];
  const poolSize: [number, number] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const pooling = tfl.layers.averagePooling2d({ name: 'places', poolSize, padding: 'same' });
  const places = pooling.apply(map) as tfl.SymbolicTensor;
  return tfl.layers.flatten({ name: 'flat' }).apply(places) as tfl.SymbolicTensor;
}
