import * as tf from '@tensorflow/tfjs-core';
import { dilate } from './dilate.ts';
import { turnFilter } from './turn-filter.ts';

interface Attributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4D = [number, number, number, number];

/**
 * Both gradients of a convolution as forward convolutions, which the backend computes fast: it has no
 * gradient of the filter, and a slow one of the input.
 *
 * The operations are called on the kernel's inputs inside one `tf.tidy`: tensors made with
 * `makeTensorFromTensorInfo` would hold no reference to their data and free it while it is in use.
 */
export function registerConvolutionGradients() {
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as Attributes & {
        filterShape: Shape4D;
      };
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
      return tf.tidy(() => filterGradient(x, dy, info));
    },
  });

  const original = tf.getKernel('Conv2DBackpropInput', 'wasm');
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm');
  tf.registerKernel({
    ...original,
    kernelFunc: (args) => {
      const { dy, filter } = args.inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
      const { strides, pad, dimRoundingMode, inputShape } = args.attrs as unknown as Attributes & {
        inputShape: Shape4D;
      };
      const shape = filter.shape;
      const info = tf.backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode);
      const { top, bottom, left, right } = info.padInfo;
      const inner = Math.max(top, bottom) < info.filterHeight && Math.max(left, right) < info.filterWidth;
      return inner ? tf.tidy(() => inputGradient(dy, filter, info)) : original.kernelFunc(args);
    },
  });
}

/**
 * Convolution of the input with the output's gradient, where images take the place of channels: the stride of
 * the forward convolution becomes the dilation.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo) {
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const gradient = tf.conv2d(
    tf.transpose(padded, [3, 1, 2, 0]),
    tf.transpose(dy, [1, 2, 0, 3]),
    1,
    'valid',
    'NHWC',
    [info.strideHeight, info.strideWidth],
  );
  // Rows and columns that the stride left over reach beyond the filter.
  const cut = tf.slice(gradient, [0, 0, 0, 0], [-1, info.filterHeight, info.filterWidth, -1]);
  return tf.transpose(cut, [1, 2, 0, 3]);
}

/**
 * Convolution of the output's gradient, its stride undone, with the filter turned by 180°, inputs and outputs
 * exchanged.
 */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: tf.backend_util.Conv2DInfo) {
  const { top, bottom, left, right } = info.padInfo;
  const { filterHeight, filterWidth, inHeight, inWidth, strideHeight, strideWidth } = info;
  // Without the rows and columns that no window reaches, a stride of 1 would give this height and width.
  const height = inHeight + top + bottom - filterHeight + 1;
  const width = inWidth + left + right - filterWidth + 1;
  const turned = turnFilter(filter);
  const spread = (x: tf.Tensor4D) =>
    strideHeight === 1 && strideWidth === 1 ? x : dilate(x, { height, width, strideHeight, strideWidth });
  const isPoint = filterHeight === 1 && filterWidth === 1;
  if (isPoint) return spread(tf.conv2d(dy, turned, 1, 'valid'));
  return tf.conv2d(spread(dy), turned, 1, [
    [0, 0],
    [filterHeight - 1 - top, filterHeight - 1 - bottom],
    [filterWidth - 1 - left, filterWidth - 1 - right],
    [0, 0],
  ]);
}
