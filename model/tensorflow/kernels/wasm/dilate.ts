import * as tf from '@tensorflow/tfjs-core';
import { valuesOf, type WasmBackend } from './heap.ts';

const DILATE = 'GraftDilate';

/** Height and width of the result, and how far apart the pixels come to lie. */
export interface Dilation {
  height: number;
  width: number;
  strideHeight: number;
  strideWidth: number;
}

/**
 * Spreads the pixels of maps, shape [n, rows, columns, channels], over larger ones that are 0 elsewhere: the
 * pixel (y, x) comes to (y × strideHeight, x × strideWidth). It undoes a stride.
 */
export const dilate = (x: tf.Tensor4D, dilation: Dilation): tf.Tensor4D =>
  tf.engine().runKernel(DILATE, { x }, { ...dilation }) as tf.Tensor4D;

export function registerDilate() {
  tf.registerKernel({
    kernelName: DILATE,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { x } = args.inputs as { x: tf.TensorInfo };
      const { height, width, strideHeight, strideWidth } = args.attrs as unknown as Dilation;
      const [n, rows, columns, channels] = x.shape as [number, number, number, number];
      const y = backend.makeOutput([n, height, width, channels], 'float32');
      const [from, to] = [valuesOf(backend, x), valuesOf(backend, y)];
      to.fill(0);
      for (let row = 0, at = 0; row < n * rows; row++) {
        const line = Math.floor(row / rows) * height + (row % rows) * strideHeight;
        for (let column = 0; column < columns; column++, at += channels) {
          to.set(from.subarray(at, at + channels), (line * width + column * strideWidth) * channels);
        }
      }
      return y;
    },
  });
}
