import type { Scaling } from './standardise.ts';

/** Softmax regression on raw features: `logits = features × kernel + bias`. */
export interface HeadWeights {
  /** width × labelCount values. */
  kernel: Float32Array;
  /** labelCount values. */
  bias: Float32Array;
}

/**
 * A head for standardised features as one for raw features: `(f − mean) × inverse × K + b` as `f × K' + b'`.
 *
 * @param point K (width × labelCount values), then b (labelCount values)
 */
export function unstandardise(
  point: Float64Array,
  { mean, inverse }: Scaling,
  labelCount: number,
): HeadWeights {
  const width = mean.length;
  const kernel = new Float32Array(width * labelCount);
  const bias = point.slice(width * labelCount);
  for (let i = 0; i < width; i++) {
    for (let label = 0; label < labelCount; label++) {
      const weight = point[i * labelCount + label]! * inverse[i]!;
      kernel[i * labelCount + label] = weight;
      bias[label]! -= mean[i]! * weight;
    }
  }
  return { kernel, bias: Float32Array.from(bias) };
}

export interface HeadSize {
  /** Number of features. */
  width: number;
  labelCount: number;
}

/**
 * Several heads as one matrix.
 *
 * @returns kernel, width × heads × labelCount values, and bias, heads × labelCount values
 */
export function sideBySide(
  heads: readonly HeadWeights[],
  { width, labelCount }: HeadSize,
): { kernel: Float32Array; bias: Float64Array } {
  const columns = heads.length * labelCount;
  const kernel = new Float32Array(width * columns);
  const bias = new Float64Array(columns);
  for (const [head, weights] of heads.entries()) {
    const first = head * labelCount;
    for (let i = 0; i < width; i++) {
      kernel.set(weights.kernel.subarray(i * labelCount, (i + 1) * labelCount), i * columns + first);
    }
    bias.set(weights.bias, first);
  }
  return { kernel, bias };
}

/** The head whose probabilities are `softmax((f K + b) / temperature)`. */
export function divideByTemperature({ kernel, bias }: HeadWeights, temperature: number): HeadWeights {
  return { kernel: kernel.map((x) => x / temperature), bias: bias.map((x) => x / temperature) };
}
