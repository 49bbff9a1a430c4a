import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { toTensor } from '#model/data/tensors.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

beforeAll(async () => {
  await useBackend('cpu');
});

describe('toTensor', () => {
  const input = {
    height: 1,
    width: 2,
    channels: 3 as const,
    normalisation: { scale: 1 / 127.5, offset: -1 },
  };

  it('scales pixels as the input says', () => {
    const before = tf.memory().numTensors;
    const tensor = toTensor(Uint8Array.of(0, 255, 51, 102, 153, 204), input);

    expect(tensor.shape).toEqual([1, 1, 2, 3]);
    const values = [...tensor.dataSync()];
    for (const [i, value] of [-1, 1, -0.6, -0.2, 0.2, 0.6].entries()) {
      expect(values[i]).toBeCloseTo(value, 5);
    }
    tensor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses another number of values', () => {
    expect(() => toTensor(new Uint8Array(5), input)).toThrow('5 values are no images of 1 × 2 × 3');
  });
});
