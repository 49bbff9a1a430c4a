import * as tf from '@tensorflow/tfjs-core';
import { valuesOf, type WasmBackend } from './heap.ts';

interface Attributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Replaces the backend's gradient of max pooling, which is slow, and wrong in 4.22: it does not agree with
 * the plain JavaScript backend even for 2 × 2 windows. Every output passes its gradient to the first largest
 * value of its window.
 */
export function registerMaxPoolGradient() {
  tf.unregisterKernel('MaxPoolGrad', 'wasm');
  tf.registerKernel({
    kernelName: 'MaxPoolGrad',
    backendName: 'wasm',
    kernelFunc: (args) => {
      const { dy, input: x } = args.inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
      const { filterSize, strides, pad, dimRoundingMode } = args.attrs as unknown as Attributes;
      const backend = args.backend as WasmBackend;
      const info = tf.backend_util.computePool2DInfo(
        x.shape as [number, number, number, number],
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const dx = backend.makeOutput(x.shape, 'float32');
      const slopes = valuesOf(backend, dx);
      slopes.fill(0);
      passGradientToWinners(info, valuesOf(backend, x), valuesOf(backend, dy), slopes);
      return dx;
    },
  });
}

function passGradientToWinners(
  info: tf.backend_util.Conv2DInfo,
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
) {
  const { inHeight, inWidth, outHeight, outWidth, inChannels, strideHeight, strideWidth } = info;
  const row = inWidth * inChannels;
  let output = 0;
  for (let n = 0; n < info.batchSize; n++) {
    const image = n * inHeight * row;
    for (let i = 0; i < outHeight; i++) {
      const top = i * strideHeight - info.padInfo.top;
      const [firstRow, endRow] = [Math.max(0, top), Math.min(inHeight, top + info.filterHeight)];
      for (let j = 0; j < outWidth; j++) {
        const left = j * strideWidth - info.padInfo.left;
        const [first, end] = [Math.max(0, left), Math.min(inWidth, left + info.filterWidth)];
        for (let channel = 0; channel < inChannels; channel++, output++) {
          let winner = -1;
          let largest = Number.NEGATIVE_INFINITY;
          for (let y = firstRow; y < endRow; y++) {
            for (let c = first; c < end; c++) {
              const at = image + y * row + c * inChannels + channel;
              if (x[at]! > largest) {
                largest = x[at]!;
                winner = at;
              }
            }
          }
          if (winner >= 0) dx[winner]! += dy[output]!;
        }
      }
    }
  }
}
