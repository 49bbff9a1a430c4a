import { registerBatchNormalisation } from './batch-normalisation.ts';
import { registerMaxPoolGradient } from './max-pool-gradient.ts';

/** Registers TensorFlow's fused operations where TensorFlow.js puts several plain ones together. */
export function registerTensorFlowKernels(): void {
  registerBatchNormalisation();
  registerMaxPoolGradient();
}
