/** Which optimiser, with its settings: plain data, so that threads and checkpoints can have it. */
export type OptimiserSettings = (
  | { name: 'adam' | 'adamw' }
  | {
      name: 'sgd';
      /** Weight of the past gradients, 0…1. */
      momentum: number;
    }
) & {
  /** Of kernels, not of norms and biases; 0 when left out. */
  weightDecay?: number;
  /** Decay of a running mean of the weights, which the network gets in the end; none when left out. */
  averaging?: number;
};

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
  /** The parameters that the network gets in the end, where they are not those of the last step. */
  readonly average?: Float32Array;
  /**
   * What the steps change besides the parameters, by name: the arrays themselves, always of the same lengths.
   */
  state(): Readonly<Record<string, Float32Array>>;
  /** Takes over a state that was saved. */
  restore(state: Readonly<Record<string, Float32Array>>): void;
}
