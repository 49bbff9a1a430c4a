import { registerActivationGradient } from './activation.ts';
import { registerBatchNormalisation } from './batch-normalisation.ts';
import { registerMaxPoolGradient } from './max-pool-gradient.ts';

/** Registers TensorFlow's fused operations where TensorFlow.js combines several plain ones. */
export function registerTensorFlowKernels(): void {
  registerActivationGradient();
  registerBatchNormalisation();
  registerMaxPoolGradient();
}
