import * as tfl from '@tensorflow/tfjs-layers';

/** Height and width of the images up to which networks keep their resolution at the start. */
const SMALL = 64;

/**
 * Whether images are so small that the first layers must not halve them: the common variant for CIFAR has a
 * 3 × 3 convolution of stride 1 there, and no max pooling.
 */
export const isSmall = ({ height, width }: { height: number; width: number }) =>
  Math.max(height, width) <= SMALL;

type Symbolic = tfl.SymbolicTensor;

/** Sizes in pixels. */
export interface Window {
  kernel: number;
  stride?: number;
  padding?: 'same' | 'valid';
}

export interface Convolution extends Window {
  name: string;
  filters: number;
  bias?: boolean;
}

/** All weights start at 0: `initialise` draws them. */
export function convolve(x: Symbolic, { name, filters, kernel, ...rest }: Convolution): Symbolic {
  return tfl.layers
    .conv2d({
      name,
      filters,
      kernelSize: kernel,
      strides: rest.stride ?? 1,
      padding: rest.padding ?? 'valid',
      useBias: rest.bias ?? false,
      kernelInitializer: 'zeros',
    })
    .apply(x) as Symbolic;
}

export function convolveDepthwise(
  x: Symbolic,
  { name, kernel, stride = 1, padding = 'valid' }: Window & { name: string },
) {
  return tfl.layers
    .depthwiseConv2d({
      name,
      kernelSize: kernel,
      strides: stride,
      padding,
      useBias: false,
      depthwiseInitializer: 'zeros',
    })
    .apply(x) as Symbolic;
}

/**
 * How much of the moving mean and variance stays in each step, as in PyTorch and so in torchvision's
 * networks. With Keras's 0.99 they lag behind the weights for hundreds of steps.
 */
const MOVING_MEAN = 0.9;

export const normalise = (x: Symbolic, name: string, epsilon: number): Symbolic =>
  tfl.layers.batchNormalization({ name, epsilon, momentum: MOVING_MEAN }).apply(x) as Symbolic;

/** @param ceiling largest output; none when left out */
export const rectify = (x: Symbolic, name: string, ceiling?: number): Symbolic =>
  tfl.layers.reLU({ name, ...(ceiling === undefined ? {} : { maxValue: ceiling }) }).apply(x) as Symbolic;

/** @param padding of each side, or [top, bottom] and [left, right] */
export const pad = (
  x: Symbolic,
  name: string,
  padding: number | [[number, number], [number, number]],
): Symbolic => tfl.layers.zeroPadding2d({ name, padding }).apply(x) as Symbolic;

export const add = (name: string, ...terms: Symbolic[]): Symbolic =>
  tfl.layers.add({ name }).apply(terms) as Symbolic;

export const poolLargest = (x: Symbolic, name: string, { kernel, stride = kernel }: Window): Symbolic =>
  tfl.layers.maxPooling2d({ name, poolSize: kernel, strides: stride }).apply(x) as Symbolic;

/** The mean of each map, and a softmax over the labels. */
export function classify(x: Symbolic, labelCount: number): Symbolic {
  const means = tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }).apply(x) as Symbolic;
  return tfl.layers
    .dense({ name: 'predictions', units: labelCount, activation: 'softmax', kernelInitializer: 'zeros' })
    .apply(means) as Symbolic;
}

/** Filters as a multiple of 8, at most a tenth fewer than asked for (MobileNetV2's reference code). */
export function multipleOf8(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}
