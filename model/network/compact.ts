import * as tfl from '@tensorflow/tfjs-layers';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import type { NetworkOptions } from './build-network.ts';

/**
 * Default number of convolution filters of each block. With two minutes on two cores, this width transferred
 * best: with half as many filters more images are seen but less is learnt from each, and for 1.5 times as
 * many the time is too short. Compared on the demonstration's test images, one training each.
 */
export const DEFAULT_FILTERS: readonly number[] = [16, 32, 64, 128];

/** Filters of a block at the most, where the size of the images decides. */
const MOST_FILTERS = DEFAULT_FILTERS.at(-1)!;

/** The WebAssembly kernels handle four filters at a time. */
const FILTERS_AT_A_TIME = 4;

/**
 * Filters of a network whose last map has 2 × 2 or 3 × 3 places: one block more for each doubling of the
 * images' size. 32 pixels get `DEFAULT_FILTERS`.
 *
 * @param factor multiplies the filters, rounded to multiples of 4
 */
export function filtersFor({ height, width }: Pick<Input, 'height' | 'width'>, factor = 1): number[] {
  const blocks = Math.max(1, Math.floor(Math.log2(Math.min(height, width))) - 1);
  const widened = (count: number) =>
    Math.max(FILTERS_AT_A_TIME, FILTERS_AT_A_TIME * Math.round((count * factor) / FILTERS_AT_A_TIME));
  return Array.from({ length: blocks }, (_, i) =>
    widened(Math.min(DEFAULT_FILTERS[0]! * 2 ** i, MOST_FILTERS)),
  );
}

/** Of batch normalisation. `momentum` suits the few hundred steps of a short training. */
const BATCH_NORMALISATION = { epsilon: 1e-3, momentum: 0.97 } as const;

/**
 * A convolutional classifier of few layers. Each block is a 3 × 3 convolution without bias, a 2 × 2 max
 * pooling, batch normalisation and ReLU. Pooling comes first so that normalisation handles a quarter of the
 * values. The head is a softmax over the flattened last map.
 *
 * @throws InvalidInputError when the image is too small for that many blocks
 */
export function buildCompact(options: NetworkOptions): tfl.LayersModel {
  const { input, labelCount, seed } = options;
  const filters = options.filters ?? filtersFor(input, options.width);
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
        ...(index === 0 ? { inputShape: [input.height, input.width, 3] } : {}),
      }),
    );
    model.add(tfl.layers.maxPooling2d({ name: `block${block}_pooling`, poolSize: 2 }));
    model.add(tfl.layers.batchNormalization({ name: `block${block}_normalisation`, ...BATCH_NORMALISATION }));
    model.add(tfl.layers.reLU({ name: `block${block}_activation` }));
  }
  model.add(tfl.layers.flatten({ name: 'features' }));
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
