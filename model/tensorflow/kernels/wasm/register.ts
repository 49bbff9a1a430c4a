import * as tf from '@tensorflow/tfjs-core';
import { registerBatchNormalisation } from './batch-normalisation.ts';
import { registerConvolutionGradients } from './convolution-gradients.ts';
import { registerDepthwiseGradients } from './depthwise-gradients.ts';
import { registerDilate } from './dilate.ts';
import type { WasmBackend } from './heap.ts';
import { registerMatrixProduct } from './matrix-product.ts';
import { registerMaxPoolGradient } from './max-pool-gradient.ts';
import { registerPooledConvolution } from './pooled-convolution.ts';
import { refuseNullPointers } from './refuse-null-pointers.ts';
import { registerTurnFilter } from './turn-filter.ts';

/**
 * Registers kernels for operations that the WebAssembly backend lacks, computes slowly, or computes wrongly.
 */
export function registerWasmKernels(): void {
  registerConvolutionGradients();
  registerDilate();
  registerTurnFilter();
  registerDepthwiseGradients();
  registerMaxPoolGradient();
  registerMatrixProduct();
  registerBatchNormalisation();
  registerPooledConvolution();
  registerIdentity();
  refuseNullPointers(tf.backend() as unknown as WasmBackend);
}

/**
 * The backend's own kernel copies the values, and the tape for gradients calls it for every tensor that it
 * keeps.
 */
function registerIdentity() {
  tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel({
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs as { x: tf.TensorInfo };
      (backend as WasmBackend).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  });
}
