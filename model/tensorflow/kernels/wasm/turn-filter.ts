import * as tf from '@tensorflow/tfjs-core';
import { valuesOf, type WasmBackend } from './heap.ts';

const TURN_FILTER = 'GraftTurnFilter';

/**
 * The filter of a convolution's input gradient: turned by 180°, inputs and outputs exchanged, shape [height,
 * width, inputs, outputs] → [height, width, outputs, inputs]. The backend's own reversal takes as long as a
 * third of a ResNet's convolutions.
 */
export const turnFilter = (filter: tf.Tensor4D): tf.Tensor4D =>
  tf.engine().runKernel(TURN_FILTER, { filter }) as tf.Tensor4D;

export function registerTurnFilter() {
  tf.registerKernel({
    kernelName: TURN_FILTER,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { filter } = args.inputs as { filter: tf.TensorInfo };
      const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
      const turned = backend.makeOutput([height, width, outputs, inputs], 'float32');
      const [from, to] = [valuesOf(backend, filter), valuesOf(backend, turned)];
      const tap = inputs * outputs;
      for (let first = 0, at = (height * width - 1) * tap; at >= 0; first += tap, at -= tap) {
        for (let output = 0; output < outputs; output++) {
          const row = first + output * inputs;
          for (let input = 0; input < inputs; input++) to[row + input] = from[at + input * outputs + output]!;
        }
      }
      return turned;
    },
  });
}
