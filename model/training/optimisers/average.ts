import type { Optimiser } from './optimiser.ts';

/**
 * Keeps an exponential moving average of the parameters (Polyak & Juditsky, 1992), which the network gets in
 * the end. Its decay rises to `decay` over the first steps, as TensorFlow's does: otherwise the random
 * weights of the beginning stay in a short training's average.
 *
 * @param initial the parameters before the first step
 * @returns the optimiser, with `average` added to its state
 */
export function withAverage(optimiser: Optimiser, initial: Float32Array, decay: number): Optimiser {
  const average = initial.slice();
  return {
    average,
    state: () => ({ ...optimiser.state(), average }),
    restore(state) {
      optimiser.restore(state);
      average.set(state.average!);
    },
    apply(parameters, gradients, at) {
      optimiser.apply(parameters, gradients, at);
      const share = 1 - Math.min(decay, (1 + at.step) / (10 + at.step));
      for (let i = 0; i < average.length; i++) average[i]! += share * (parameters[i]! - average[i]!);
    },
  };
}
