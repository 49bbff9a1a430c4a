import { createAdam } from './adam.ts';

/** Which optimiser, with its settings: plain data, so that threads and checkpoints can have it. */
export type OptimiserSettings = { name: 'adam' };

/** One of the network's weights, as a part of the flat array of all. */
export interface ParameterLayout {
  /** As the layer calls it, for example `block1_normalisation/gamma`. */
  name: string;
  /** Number of values. */
  size: number;
}

/** Makes steps of gradients, over one flat array of parameters. */
export interface Optimiser {
  /**
   * Changes the parameters in place.
   *
   * @param gradients as many as there are parameters, in their order; what follows them is not read
   * @param at `step` counts the steps taken before, from 0
   */
  apply(
    parameters: Float32Array,
    gradients: ArrayLike<number>,
    at: { step: number; learningRate: number },
  ): void;
  /** What the steps change besides the parameters, by name: the arrays themselves, always of the same lengths. */
  state(): Readonly<Record<string, Float32Array>>;
  /** Takes over a state that was saved. */
  restore(state: Readonly<Record<string, Float32Array>>): void;
}

export function createOptimiser(settings: OptimiserSettings, layout: readonly ParameterLayout[]): Optimiser {
  const size = layout.reduce((sum, part) => sum + part.size, 0);
  switch (settings.name) {
    case 'adam':
      return createAdam(size);
  }
}
