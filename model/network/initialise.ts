import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '#core/random.ts';

/**
 * Draws the first weights of a network whose kernels are 0: convolutions normally distributed with variance
 * 2 / inputs (He et al., 2015), the classifier uniformly in ±√(6 / (inputs + outputs)) (Glorot & Bengio,
 * 2010). The initialisers of TensorFlow.js take twenty times as long, minutes for a ResNet-50.
 *
 * @param seed the same seed gives the same weights
 */
export function initialise(network: tfl.LayersModel, seed: number): void {
  for (const layer of network.layers) {
    const [kernel, ...others] = layer.getWeights();
    const draw = DRAWS[layer.getClassName()];
    if (!kernel || !draw) continue;
    const drawn = tf.tensor(draw(kernel.shape, `${seed} ${layer.name}`), kernel.shape);
    layer.setWeights([drawn, ...others]);
    drawn.dispose();
  }
}

const DRAWS: Readonly<Record<string, (shape: readonly number[], seed: string) => Float32Array>> = {
  Conv2D: ([height, width, inputs, outputs], seed) =>
    normal(height! * width! * inputs! * outputs!, Math.sqrt(2 / (height! * width! * inputs!)), seed),
  DepthwiseConv2D: ([height, width, inputs], seed) =>
    normal(height! * width! * inputs!, Math.sqrt(2 / (height! * width!)), seed),
  Dense([inputs, outputs], seed) {
    const random = createRandom('weights', seed);
    const limit = Math.sqrt(6 / (inputs! + outputs!));
    return Float32Array.from({ length: inputs! * outputs! }, () => random.between(-limit, limit));
  },
};

function normal(count: number, deviation: number, seed: string): Float32Array {
  const random = createRandom('weights', seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = deviation * random.normal();
  return values;
}
