import * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';

/**
 * Name of the layer whose output is the features: the flattened last feature map, shape [n, h × w × filters].
 */
export const CUT_LAYER = 'features';

/**
 * Default number of convolution filters of each block. With two minutes on two cores, this width transferred
 * best: with half as many filters more images are seen but less is learnt from each, and for 1.5 times as
 * many the time is too short. Compared on the demonstration's test images, one training each.
 */
export const DEFAULT_FILTERS: readonly number[] = [16, 32, 64, 128];

/** Of batch normalisation. `momentum` suits the few hundred steps of a short training. */
export const BATCH_NORMALISATION = { epsilon: 1e-3, momentum: 0.9 } as const;

export interface NetworkOptions {
  input: Pick<Input, 'height' | 'width' | 'channels'>;
  /** Number of outputs, at least 2. */
  labelCount: number;
  /** Convolution filters, one block for each entry. Every block halves height and width. */
  filters?: readonly number[];
  /** The same seed gives the same initial weights. */
  seed: number;
}

/**
 * A convolutional classifier of normalised images, [n, height, width, 3] → [n, labelCount] (softmax). Each
 * block is a 3 × 3 convolution without bias, a 2 × 2 max pooling, batch normalisation and ReLU. Pooling comes
 * first so that normalisation handles a quarter of the values. `features` (see `CUT_LAYER`) flattens the last
 * map, and `classifier` is the head.
 *
 * @throws InvalidInputError when the image is too small for that many blocks
 */
export function buildNetwork(options: NetworkOptions): tfl.LayersModel {
  const { input, labelCount, filters = DEFAULT_FILTERS, seed } = options;
  if (Math.min(input.height, input.width) < 2 ** filters.length) {
    throw new InvalidInputError(
      `${filters.length} blocks halve an image of ${input.width} × ${input.height} to nothing`,
      { hint: `Use images of at least ${2 ** filters.length} pixels, or fewer filters.` },
    );
  }
  const model = tfl.sequential({ name: 'graft' });
  for (const [index, count] of filters.entries()) {
    const block = index + 1;
    model.add(
      tfl.layers.conv2d({
        name: `block${block}_convolution`,
        filters: count,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: tfl.initializers.heNormal({ seed: seed * 1_000 + block }),
        ...(index === 0 ? { inputShape: [input.height, input.width, input.channels] } : {}),
      }),
    );
    model.add(tfl.layers.maxPooling2d({ name: `block${block}_pooling`, poolSize: 2 }));
    model.add(tfl.layers.batchNormalization({ name: `block${block}_normalisation`, ...BATCH_NORMALISATION }));
    model.add(tfl.layers.reLU({ name: `block${block}_activation` }));
  }
  model.add(tfl.layers.flatten({ name: CUT_LAYER }));
  model.add(
    tfl.layers.dense({
      name: 'classifier',
      units: labelCount,
      activation: 'softmax',
      kernelInitializer: tfl.initializers.glorotUniform({ seed: seed * 1_000 }),
    }),
  );
  return model;
}

/**
 * The architecture of a given network of `buildNetwork`, for another number of labels and with new random
 * weights: the baseline starts from it.
 */
export function sameArchitecture(network: tfl.LayersModel, labelCount: number, seed: number): NetworkOptions {
  const [, height, width, channels] = network.inputs[0]!.shape;
  return {
    input: { height: height!, width: width!, channels: channels as 3 },
    labelCount,
    filters: filtersOf(network),
    seed,
  };
}

/** Convolution filters of each block of a network of `buildNetwork`. */
export function filtersOf(network: tfl.LayersModel): number[] {
  const filters = network.layers
    .filter((layer) => layer.getClassName() === 'Conv2D')
    .map((layer) => layer.getConfig().filters as number);
  if (filters.length === 0) {
    throw new InvalidInputError(`The model "${network.name}" has no convolutions`, {
      hint: 'Train the general model with `graft train`.',
    });
  }
  return filters;
}
