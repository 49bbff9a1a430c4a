import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { augment } from '#model/data/augment.ts';
import { useBackend } from '#model/tensorflow/backend.ts';

const input = {
  height: 12,
  width: 16,
  channels: 3,
  normalisation: { scale: 1 / 127.5, offset: -1 },
} as const;
const size = 12 * 16 * 3;
/** Left half dark, right half bright. */
const halves = Uint8Array.from({ length: size }, (_, i) => (Math.floor(i / 3) % 16 < 8 ? 60 : 180));
const seeds = Array.from({ length: 40 }, (_, i) => `seed ${i}`);
const many = Uint8Array.from(seeds.flatMap(() => [...halves]));

beforeAll(async () => {
  await useBackend('cpu');
});

function augmented(pixels: Uint8Array, seeds: readonly (string | undefined)[]): Float32Array {
  const tensor = augment({ pixels, seeds }, input);
  const values = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  return values;
}

/** Mean of the left or the right quarter of the columns of one image. */
function quarter(values: Float32Array, image: number, side: 'left' | 'right') {
  const columns = side === 'left' ? [0, 1, 2, 3] : [12, 13, 14, 15];
  const places = Array.from({ length: 12 }, (_, y) => columns.map((x) => image * size + (y * 16 + x) * 3));
  return places.flat().reduce((sum, at) => sum + values[at]!, 0) / places.flat().length;
}

describe('augment', () => {
  it('gives the same variation for the same seed, wherever the image stands in the batch', () => {
    const batch = augmented(many, seeds);
    expect(augmented(many, seeds)).toEqual(batch);
    expect(augmented(halves, [seeds[7]!])).toEqual(batch.slice(7 * size, 8 * size));
    expect(batch.slice(0, size)).not.toEqual(batch.slice(size, 2 * size));
  });

  it('keeps what the image shows, about as bright as it was, and mirrors half of them', () => {
    const batch = augmented(many, seeds);
    const mirrored = seeds.filter((_, i) => quarter(batch, i, 'left') > quarter(batch, i, 'right'));
    expect(mirrored.length).toBeGreaterThan(10);
    expect(mirrored.length).toBeLessThan(30);
    for (let i = 0; i < seeds.length; i++) {
      const contrast = Math.abs(quarter(batch, i, 'left') - quarter(batch, i, 'right'));
      expect(contrast).toBeGreaterThan(0.5 * (120 / 127.5));
    }
    const mean = batch.reduce((sum, value) => sum + value, 0) / batch.length;
    expect(mean).toBeCloseTo(120 / 127.5 - 1, 1);
  });

  it('stays within the image: a single colour has no edge', () => {
    const plain = new Uint8Array(size).fill(90);
    const values = augmented(plain, ['any']);
    for (let at = 3; at < size; at++) expect(values[at]).toBeCloseTo(values[at % 3]!, 5);
  });

  it('prepares an image without a seed as it is, and leaves the pixels alone', () => {
    const before = halves.slice();
    const tensors = tf.memory().numTensors;

    const values = augmented(halves, [undefined]);

    for (const [at, value] of values.entries()) expect(value).toBeCloseTo(halves[at]! / 127.5 - 1, 5);
    augmented(halves, ['any']);
    expect(halves).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
