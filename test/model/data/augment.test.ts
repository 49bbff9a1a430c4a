import { describe, expect, it } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { augment } from '#model/data/augment.ts';
import { channelsOf, prepare } from '#model/data/prepare.ts';
import { networkInput } from '#model/network/input.ts';

const [height, width] = [12, 16];
const input: Input = { ...networkInput(16), height, layout: 'NHWC' };
const size = height * width * 3;
/** Left half dark, right half bright. */
const halves = Uint8Array.from({ length: size }, (_, i) => (Math.floor(i / 3) % 16 < 8 ? 60 : 180));
const seeds = Array.from({ length: 40 }, (_, i) => `seed ${i}`);
const many = Uint8Array.from(seeds.flatMap(() => [...halves]));

const augmented = (pixels: Uint8Array, seeds: readonly (string | undefined)[], form = input) =>
  augment({ pixels, seeds }, form);

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

    const values = augmented(halves, [undefined]);

    for (const [at, value] of values.entries()) expect(value).toBeCloseTo(halves[at]! / 127.5 - 1, 5);
    augmented(halves, ['any']);
    expect(halves).toEqual(before);
  });

  it.each<Partial<Input>>([
    { layout: 'NCHW' },
    { layout: 'NHWC', colours: 'BGR' },
    { layout: 'NCHW', colours: 'BGR', mean: [104, 117, 124], deviation: [57, 57, 58] },
  ])('gives the same variant in the form %j', (changes) => {
    const pixels = Uint8Array.from({ length: 2 * size }, (_, i) => (i * 7919 + 31 * (i % 13)) % 256);
    const own = { ...input, ...changes };
    // As pixels again, because each channel has a mean and a deviation of its own.
    const inPixels = (values: Float32Array, form: Input) => {
      const channels = channelsOf(form);
      return Array.from({ length: 2 * height * width * 3 }, (_, at) => {
        const [image, rest] = [Math.floor(at / size), at % size];
        const { scale, offset, first, step } = channels[rest % 3]!;
        return (values[image * size + first + Math.floor(rest / 3) * step]! - offset) / scale;
      });
    };

    const found = inPixels(augmented(pixels, ['a', undefined], own), own);

    for (const [at, pixel] of inPixels(augmented(pixels, ['a', undefined]), input).entries()) {
      expect(found[at]).toBeCloseTo(pixel, 2);
    }
  });
});

describe('augment shift', () => {
  /** Red says where a pixel is; green and blue are other values of it. */
  const colours = [(place: number) => place, (place: number) => 255 - place, (place: number) => place ^ 85];
  const places = Uint8Array.from({ length: size }, (_, i) => colours[i % 3]!(Math.floor(i / 3)));
  const many = { pixels: Uint8Array.from(seeds.flatMap(() => [...places])), seeds };
  /** The value 0…255 of one colour of a pixel. */
  const reader = (values: Float32Array, form: Input) => {
    const channels = channelsOf(form);
    return (image: number, colour: number, y: number, x: number) => {
      const { scale, offset, first, step } = channels[colour]!;
      // Without the sign of zero.
      return Math.round((values[image * size + first + (y * width + x) * step]! - offset) / scale) + 0;
    };
  };

  it('gives the same variation for the same seed, and none where there is no seed', () => {
    const values = augment(many, input, 'shift');
    const two = { pixels: Uint8Array.from([...places, ...places]), seeds: [seeds[7], undefined] };
    expect(augment(two, input, 'shift')).toEqual(
      Float32Array.from([...values.slice(7 * size, 8 * size), ...prepare(places, input)]),
    );
  });

  it.each<Partial<Input>>([{}, { layout: 'NCHW', colours: 'BGR', mean: [104, 117, 124] }])(
    'shows whole pixels of a moved image, and its border where it ends, in the form %j',
    (changes) => {
      const form = { ...input, ...changes };
      const read = reader(augment(many, form, 'shift'), form);
      const moves = new Set<string>();
      for (let image = 0; image < seeds.length; image++) {
        const middle = read(image, 0, 6, 8);
        const direction = read(image, 0, 6, 9) - middle;
        expect(Math.abs(direction)).toBe(1);
        const [row, column] = [Math.floor(middle / width), middle % width];
        const inside = (place: number, side: number) => Math.min(side - 1, Math.max(0, place));
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const from = inside(row + y - 6, height) * width + inside(column + direction * (x - 8), width);
            expect([0, 1, 2].map((colour) => read(image, colour, y, x))).toEqual(
              colours.map((value) => value(from)),
            );
          }
        }
        const across = column - (direction === 1 ? 8 : width - 1 - 8);
        moves.add(`${row - 6} ${across} ${direction}`);
        // An eighth of 12 and of 16 pixels.
        expect(Math.abs(row - 6)).toBeLessThanOrEqual(1);
        expect(Math.abs(across)).toBeLessThanOrEqual(2);
      }
      expect(moves.size).toBeGreaterThan(15);
    },
  );
});

describe.each(['standard', 'randaugment'] as const)('augment %s', (kind) => {
  const varied = (pixels: Uint8Array, own: readonly (string | undefined)[]) =>
    augment({ pixels, seeds: own }, input, kind);

  it('gives each seed its own variation, always the same, and none where there is no seed', () => {
    const batch = varied(many, seeds);
    expect(varied(many, seeds)).toEqual(batch);
    expect(varied(halves, [seeds[7]!])).toEqual(batch.slice(7 * size, 8 * size));
    expect(new Set(seeds.map((_, i) => batch.slice(i * size, (i + 1) * size).join())).size).toBeGreaterThan(
      30,
    );
    expect(varied(halves, [undefined])).toEqual(augment({ pixels: halves, seeds: ['a'] }, input, 'none'));
  });

  it('mirrors half of the images, keeps to pixels’ range, and makes no borders', () => {
    const batch = varied(many, seeds);
    const bright = (image: number, side: 'left' | 'right') => quarter(batch, image, side);
    const mirrored = seeds.filter((_, i) => bright(i, 'left') > bright(i, 'right') + 0.1);
    const others = seeds.filter((_, i) => bright(i, 'left') < bright(i, 'right') - 0.1);
    expect(mirrored.length).toBeGreaterThan(5);
    expect(others.length).toBeGreaterThan(5);
    expect(Math.max(...batch.map(Math.abs))).toBeLessThanOrEqual(1.0001);
    const plain = varied(new Uint8Array(size).fill(90), ['any']);
    for (let at = 3; at < size; at++) expect(plain[at]).toBeCloseTo(plain[at % 3]!, 5);
  });
});
