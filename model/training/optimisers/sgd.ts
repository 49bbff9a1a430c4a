import type { Optimiser } from './optimiser.ts';
import type { DecayRange } from './weight-decay.ts';

/**
 * Gradient descent with momentum, as PyTorch's `SGD` has it: the weight decay is part of the gradient, the
 * velocity is a decaying sum of gradients, and the learning rate applies to the velocity.
 *
 * @returns its state: `velocity`
 */
export function createSgd(size: number, ranges: readonly DecayRange[], momentum: number): Optimiser {
  const velocity = new Float32Array(size);
  return {
    state: () => ({ velocity }),
    restore: (state) => velocity.set(state.velocity!),
    apply(parameters, gradients, { learningRate }) {
      for (const { from, end, decay } of ranges) {
        for (let i = from; i < end; i++) {
          const v = momentum * velocity[i]! + gradients[i]! + decay * parameters[i]!;
          velocity[i] = v;
          parameters[i]! -= learningRate * v;
        }
      }
    },
  };
}
