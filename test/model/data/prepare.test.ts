import { describe, expect, it } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { prepare, shapeOf } from '#model/data/prepare.ts';
import { networkInput } from '#model/network/input.ts';

/** Two rows of three pixels: red 1…6, green 11…16, blue 21…26. */
const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((n) => [n, 10 + n, 20 + n]));
const plain: Input = {
  ...networkInput(8),
  ...{ height: 2, width: 3, mean: [0, 0, 0], deviation: [1, 1, 1] },
};

describe('prepare', () => {
  it('puts the channels one after the other (NCHW) or beside each other (NHWC)', () => {
    expect([...prepare(pixels, plain)]).toEqual([
      ...[1, 2, 3, 4, 5, 6],
      ...[11, 12, 13, 14, 15, 16],
      ...[21, 22, 23, 24, 25, 26],
    ]);
    expect([...prepare(pixels, { ...plain, layout: 'NHWC' })]).toEqual([...pixels]);
    expect(shapeOf(plain, 5)).toEqual([5, 3, 2, 3]);
    expect(shapeOf({ ...plain, layout: 'NHWC' }, 5)).toEqual([5, 2, 3, 3]);
  });

  it('has blue first where the network wants BGR, in both layouts', () => {
    const bgr: Input = { ...plain, colours: 'BGR' };

    expect([...prepare(pixels, bgr).subarray(0, 6)]).toEqual([21, 22, 23, 24, 25, 26]);
    expect([...prepare(pixels, { ...bgr, layout: 'NHWC' }).subarray(0, 6)]).toEqual([21, 11, 1, 22, 12, 2]);
  });

  it('takes mean and deviation in the order of the colours', () => {
    const scaled: Input = { ...plain, layout: 'NHWC', mean: [1, 2, 3], deviation: [2, 4, 8] };

    const rgb = prepare(pixels, scaled);
    const bgr = prepare(pixels, { ...scaled, colours: 'BGR' });

    expect([...rgb.subarray(0, 3)]).toEqual([(1 - 1) / 2, (11 - 2) / 4, (21 - 3) / 8]);
    expect([...bgr.subarray(0, 3)]).toEqual([(21 - 1) / 2, (11 - 2) / 4, (1 - 3) / 8]);
  });

  it('prepares each of several images by itself, and refuses half of one', () => {
    const two = prepare(Uint8Array.from([...pixels, ...pixels.toReversed()]), plain);

    expect(two.subarray(18)).toEqual(prepare(pixels.toReversed(), plain));
    expect(() => prepare(pixels.subarray(1), plain)).toThrow('17 values are no images of 2 × 3 × 3');
  });
});
