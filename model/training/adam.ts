/** The optimiser's state for one flat array of parameters. */
export interface Adam {
  /** Changes the parameters in place. */
  update(parameters: Float32Array, gradients: ArrayLike<number>, learningRate: number): void;
  /** Running means of the gradients and of their squares, which change with every update. */
  readonly moments: readonly [Float32Array, Float32Array];
  /** Takes over moments that were saved after so many updates. */
  restore(moments: readonly [Float32Array, Float32Array], updates: number): void;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/**
 * Adam (Kingma & Ba, 2015, algorithm 1, with TensorFlow.js' constants) over plain arrays. `tf.train.adam`
 * runs a dozen small operations for each of the network's weights. One loop takes a tenth of that time, and
 * the gradients of several workers have to be added up in plain memory anyway.
 */
export function createAdam(size: number): Adam {
  const first = new Float32Array(size);
  const second = new Float32Array(size);
  let step = 0;
  return {
    moments: [first, second],
    restore(moments, updates) {
      first.set(moments[0]);
      second.set(moments[1]);
      step = updates;
    },
    update(parameters, gradients, learningRate) {
      step++;
      const correction1 = 1 - BETA_1 ** step;
      const correction2 = 1 - BETA_2 ** step;
      const rate = learningRate / correction1;
      for (let i = 0; i < size; i++) {
        const gradient = gradients[i]!;
        const m = BETA_1 * first[i]! + (1 - BETA_1) * gradient;
        const v = BETA_2 * second[i]! + (1 - BETA_2) * gradient * gradient;
        first[i] = m;
        second[i] = v;
        parameters[i]! -= (rate * m) / (Math.sqrt(v / correction2) + EPSILON);
      }
    },
  };
}
