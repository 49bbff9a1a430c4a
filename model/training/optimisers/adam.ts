import type { Optimiser } from './optimiser.ts';
import type { DecayRange } from './weight-decay.ts';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/**
 * Adam (Kingma & Ba, 2015, algorithm 1, with TensorFlow.js' constants) over plain arrays. `tf.train.adam`
 * runs a dozen small operations for each of the network's weights. One loop takes a tenth of that time, and
 * the gradients of several workers have to be added up in plain memory anyway.
 *
 * @param isDecoupled AdamW (Loshchilov & Hutter, 2019): the weight decay shrinks the parameters themselves.
 *   Otherwise it is part of the gradient
 * @returns its state: `firstMoment` and `secondMoment`, running means of the gradients and of their squares
 */
export function createAdam(size: number, ranges: readonly DecayRange[], isDecoupled: boolean): Optimiser {
  const first = new Float32Array(size);
  const second = new Float32Array(size);
  return {
    state: () => ({ firstMoment: first, secondMoment: second }),
    restore({ firstMoment, secondMoment }) {
      first.set(firstMoment!);
      second.set(secondMoment!);
    },
    apply(parameters, gradients, { step, learningRate }) {
      const correction1 = 1 - BETA_1 ** (step + 1);
      const correction2 = 1 - BETA_2 ** (step + 1);
      const rate = learningRate / correction1;
      for (const { from, end, decay } of ranges) {
        const pull = isDecoupled ? 0 : decay;
        const shrink = isDecoupled ? learningRate * decay : 0;
        for (let i = from; i < end; i++) {
          const parameter = parameters[i]!;
          const gradient = gradients[i]! + pull * parameter;
          const m = BETA_1 * first[i]! + (1 - BETA_1) * gradient;
          const v = BETA_2 * second[i]! + (1 - BETA_2) * gradient * gradient;
          first[i] = m;
          second[i] = v;
          parameters[i] =
            parameter - shrink * parameter - (rate * m) / (Math.sqrt(v / correction2) + EPSILON);
        }
      }
    },
  };
}
