import * as tf from '@tensorflow/tfjs-core';
import { defineFunction, f32x4, i32, type Local, loop, sequence, set } from './assembler.ts';
import { dilate } from './dilate.ts';
import { addressOf, kernelFunction, valuesOf, type WasmBackend } from './heap.ts';

interface Attributes {
  strides: [number, number] | number;
  dilations: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4D = [number, number, number, number];
type Info = tf.backend_util.Conv2DInfo;

const FILTER_GRADIENT = 'GraftDepthwiseFilterGradient';

/** Channels of a vector. */
const VECTOR = 4;

/** Both gradients of a depthwise convolution, which the backend lacks. */
export function registerDepthwiseGradients() {
  tf.registerKernel({
    kernelName: 'DepthwiseConv2dNativeBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const { filterShape, ...options } = attrs as unknown as Attributes & { filterShape: Shape4D };
      const info = infoOf(x.shape, filterShape, options);
      return tf.tidy(() => filterGradient(x, dy, info));
    },
  });
  tf.registerKernel({
    kernelName: 'DepthwiseConv2dNativeBackpropInput',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
      const { inputShape, ...options } = attrs as unknown as Attributes & { inputShape: Shape4D };
      const info = infoOf(inputShape, filter.shape, options);
      return tf.tidy(() => inputGradient(dy, filter, info));
    },
  });
  registerFilterGradient();
}

/** @throws Error for what none of our networks has */
function infoOf(inputShape: Shape4D, filterShape: Shape4D, options: Attributes): Info {
  const { strides, dilations, pad, dimRoundingMode } = options;
  const info = tf.backend_util.computeConv2DInfo(
    ...([inputShape, filterShape, strides, dilations, pad, dimRoundingMode, true] as const),
  );
  if (filterShape[3] !== 1 || info.dilationHeight !== 1 || info.dilationWidth !== 1) {
    throw new Error('Depthwise convolutions are trained with one filter for each channel, undilated');
  }
  return info;
}

/** The depthwise convolution of the output's gradient, its stride undone, with the filter turned by 180°. */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: Info): tf.Tensor4D {
  const { top, bottom, left, right } = info.padInfo;
  const { filterHeight, filterWidth, inHeight, inWidth, strideHeight, strideWidth } = info;
  const height = inHeight + top + bottom - filterHeight + 1;
  const width = inWidth + left + right - filterWidth + 1;
  const dense = strideHeight === 1 && strideWidth === 1;
  const spread = dense ? dy : dilate(dy, { height, width, strideHeight, strideWidth });
  return tf.depthwiseConv2d(spread, tf.reverse(filter, [0, 1]), 1, [
    [0, 0],
    [filterHeight - 1 - top, filterHeight - 1 - bottom],
    [filterWidth - 1 - left, filterWidth - 1 - right],
    [0, 0],
  ]);
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: Info): tf.Tensor4D {
  const { top, bottom, left, right } = info.padInfo;
  const missing = (VECTOR - (info.inChannels % VECTOR)) % VECTOR;
  const padded = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, missing],
  ]);
  const slopes = missing === 0 ? dy : tf.pad(dy, [...new Array(3).fill([0, 0]), [0, missing]]);
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const attributes = { filterHeight, filterWidth, strideHeight, strideWidth };
  const gradient = tf.engine().runKernel(FILTER_GRADIENT, { x: padded, dy: slopes }, attributes) as tf.Tensor;
  return tf.reshape(tf.slice(gradient, [0, 0], [-1, info.inChannels]), [
    filterHeight,
    filterWidth,
    info.inChannels,
    1,
  ]);
}

type Window = Pick<Info, 'filterHeight' | 'filterWidth' | 'strideHeight' | 'strideWidth'>;

/**
 * x with its padding and dy, their channels whole vectors, → shape [filterHeight × filterWidth, channels].
 */
function registerFilterGradient() {
  tf.registerKernel({
    kernelName: FILTER_GRADIENT,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { x, dy } = args.inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
      const window = args.attrs as unknown as Window;
      const [n, height, width, channels] = x.shape as Shape4D;
      const [, rows, columns] = dy.shape as Shape4D;
      const taps = window.filterHeight * window.filterWidth;
      const gradient = backend.makeOutput([taps, channels], 'float32');
      valuesOf(backend, gradient).fill(0);
      const sizes = { width, rows, columns, channels };
      const run = kernelFunction(
        backend,
        ['depthwise filter gradient', ...Object.values(sizes), ...Object.values(window)].join(' '),
        () => imageGradient(sizes, window),
      );
      const [from, slopes, to] = [x, dy, gradient].map((info) => addressOf(backend, info)) as [
        ...[number, number, number],
      ];
      for (let image = 0; image < n; image++) {
        run({
          x: from + 4 * image * height * width * channels,
          dy: slopes + 4 * image * rows * columns * channels,
          gradient: to,
        });
      }
      return gradient;
    },
  });
}

/** Adds one image's part; the sums of four channels stay in registers over all its places. */
const imageGradient = (
  { width, rows, columns, channels }: Record<'width' | 'rows' | 'columns' | 'channels', number>,
  { filterHeight, filterWidth, strideHeight, strideWidth }: Window,
) =>
  defineFunction({
    parameters: ['x', 'dy', 'gradient'],
    variables: ['channel', 'row', 'column', 'at', 'slope', 'line', 'sum'],
    body({ x, dy, gradient, channel, row, column, at, slope, line, sum }, vector) {
      const pixel = 4 * channels;
      const taps = Array.from({ length: filterHeight * filterWidth }, (_, tap) => ({
        total: vector(),
        /** Bytes from the window's first pixel. */
        offset: (Math.floor(tap / filterWidth) * width + (tap % filterWidth)) * pixel,
      }));
      const value: Local = vector();
      const oneWindow = sequence(
        set(value, f32x4.load(slope)),
        ...taps.map(({ total, offset }) =>
          set(total, f32x4.add(total, f32x4.multiply(value, f32x4.load(at, offset)))),
        ),
        set(at, i32.add(at, strideWidth * pixel)),
        set(slope, i32.add(slope, pixel)),
      );
      return loop(
        channel,
        { from: 0, to: pixel, step: 4 * VECTOR },
        sequence(
          set(sum, i32.add(gradient, channel)),
          ...taps.map(({ total }, tap) => set(total, f32x4.load(sum, tap * pixel))),
          set(line, i32.add(x, channel)),
          set(slope, i32.add(dy, channel)),
          loop(
            row,
            { from: 0, to: rows, step: 1 },
            sequence(
              set(at, line),
              loop(column, { from: 0, to: columns, step: 1 }, oneWindow),
              set(line, i32.add(line, strideHeight * width * pixel)),
            ),
          ),
          ...taps.map(({ total }, tap) => f32x4.store(sum, total, tap * pixel)),
        ),
      );
    },
  });
