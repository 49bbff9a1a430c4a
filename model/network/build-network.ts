import type * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { type FeatureOutput, NAMES } from '../onnx/cut.ts';
import { buildCompact } from './compact.ts';
import { initialise } from './initialise.ts';
import { buildMobileNetV2 } from './mobilenet-v2.ts';
import { buildResNet } from './resnet.ts';

/** Networks that Graft trains, by their names. */
export const NETWORKS = ['compact', 'resnet-18', 'resnet-50', 'mobilenet-v2'] as const;
export type NetworkName = (typeof NETWORKS)[number];

/** Smallest side of an image for the networks that have a fixed number of layers. */
export const LEAST_SIDE = 32;

export interface NetworkOptions {
  /** `compact` when left out. */
  name?: NetworkName;
  input: Pick<Input, 'height' | 'width'>;
  /** Number of outputs, at least 2. */
  labelCount: number;
  /** Multiplies the filters of every layer; MobileNetV2's alpha. 1 when left out. */
  width?: number;
  /** Of `compact`, one block for each entry, whatever `width` is. Every block halves height and width. */
  filters?: readonly number[];
  /** The same seed gives the same initial weights. */
  seed: number;
}

/**
 * A convolutional classifier of normalised images, [n, height, width, 3] → [n, labelCount] (softmax).
 *
 * @throws InvalidInputError when the image is too small for the network
 */
export function buildNetwork(options: NetworkOptions): tfl.LayersModel {
  const { name = 'compact', input, seed } = options;
  if (name === 'compact') return buildCompact(options);
  if (Math.min(input.height, input.width) < LEAST_SIDE) {
    throw new InvalidInputError(
      `The network ${name} takes images from ${LEAST_SIDE} pixels on, not ${input.width} × ${input.height}`,
      { hint: 'Use larger images, or the network compact.' },
    );
  }
  const network = name === 'mobilenet-v2' ? buildMobileNetV2(options) : buildResNet(name, options);
  initialise(network, seed);
  return network;
}

/**
 * Outputs of the ONNX graph of a network, for `exportNetwork`: `map` is the last one before the classifier,
 * shape [n, filters, rows, columns], and `probabilities` those of the labels.
 *
 * @throws InvalidInputError when the network has no map
 */
export function networkOutputs(network: tfl.LayersModel): Record<'map' | 'probabilities', string> {
  const map = network.layers.filter((layer) => layer.outputShape.length === 4 && !isInput(layer)).at(-1);
  if (map === undefined) {
    throw new InvalidInputError(`The model "${network.name}" has no convolutions`, {
      hint: 'Train the general model with `graft train`.',
    });
  }
  return { map: map.name, probabilities: network.layers.at(-1)!.name };
}

const isInput = (layer: tfl.layers.Layer) => layer.getClassName() === 'InputLayer';

/** The output `map` of that graph: its width, rows and columns. */
export function mapOf(network: tfl.LayersModel): Required<FeatureOutput> {
  const { map } = networkOutputs(network);
  const [, rows, columns, width] = network.getLayer(map).outputShape as [null, number, number, number];
  return { name: NAMES.map, width, places: { rows, columns } };
}
