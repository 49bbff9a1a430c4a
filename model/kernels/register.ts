import * as tf from '@tensorflow/tfjs-core';
import { registerBatchNormalisation } from './batch-normalisation.ts';
import { registerMatrixProduct } from './matrix-product.ts';
import { registerMaxPoolGradient } from './max-pool-gradient.ts';
import { registerPooledConvolution } from './pooled-convolution.ts';

interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

let registered = false;

/** Registers the gradient kernels that the WebAssembly backend lacks or has only in a slow form. Idempotent. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  registerMatrixProduct();
  registerBatchNormalisation();
  registerMaxPoolGradient();
  registerPooledConvolution();
  const slowInputGradient = tf.getKernel('Conv2DBackpropInput', 'wasm');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as ConvolutionAttributes & {
        filterShape: [number, number, number, number];
      };
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
      return tf.tidy(() => {
        const { top, bottom, left, right } = info.padInfo;
        const padded = tf.pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
        const gradient = tf.conv2d(
          tf.transpose(padded, [3, 1, 2, 0]) as tf.Tensor4D,
          tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D,
          1,
          'valid',
          'NHWC',
          [info.strideHeight, info.strideWidth],
        );
        const cut = tf.slice(gradient, [0, 0, 0, 0], [-1, info.filterHeight, info.filterWidth, -1]);
        return tf.transpose(cut, [1, 2, 0, 3]);
      });
    },
  });
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm');
  tf.registerKernel({
    ...slowInputGradient,
    kernelFunc: (args) => {
      const { dy, filter } = args.inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
      const { strides, pad, dimRoundingMode, inputShape } = args.attrs as unknown as ConvolutionAttributes & {
        inputShape: [number, number, number, number];
      };
      const info = tf.backend_util.computeConv2DInfo(
        inputShape,
        filter.shape,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const { top, bottom, left, right } = info.padInfo;
      const fits = top < info.filterHeight && left < info.filterWidth;
      if (info.strideHeight !== 1 || info.strideWidth !== 1 || !fits)
        return slowInputGradient.kernelFunc(args);
      return tf.tidy(() => {
        const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
        return tf.conv2d(dy, flipped, 1, [
          [0, 0],
          [info.filterHeight - 1 - top, info.filterHeight - 1 - bottom],
          [info.filterWidth - 1 - left, info.filterWidth - 1 - right],
          [0, 0],
        ]);
      });
    },
  });
}
