import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { decodeImage, type ImageForm, MAXIMUM_SIDE } from '#model/data/image.ts';
import { networkInput } from '#model/network/input.ts';
import { greyPng, linearGreyProfile } from '../../fixtures/grey-png.ts';

const form: ImageForm = { ...networkInput(8), interpolation: 'linear' };
const size: ImageForm = { ...form, height: 4, width: 6 };
const orange = { r: 200, g: 100, b: 50 };
const picture = (width = 60, height = 40) =>
  sharp({ create: { width, height, channels: 3, background: orange } });

/** Not compressible, so that cutting it short loses pixels. */
function noise(width: number, height: number) {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 * ((i % 13) + 1)) % 256);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

describe('decodeImage', () => {
  it.each([
    ['PNG', () => picture().png()],
    ['JPEG', () => picture().jpeg({ quality: 95 })],
    ['WebP', () => picture().webp({ quality: 95 })],
    ['GIF', () => picture().gif()],
    ['AVIF', () => picture().avif({ quality: 90, effort: 0 })],
    ['AVIF with 10 bits', () => picture().avif({ quality: 90, effort: 0, bitdepth: 10 })],
    ['16-bit PNG', () => picture().toColourspace('rgb16').png()],
    ['CMYK JPEG', () => picture().toColourspace('cmyk').jpeg({ quality: 95 })],
  ])('reads %s as 8-bit sRGB in the network’s size', async (name, make) => {
    const pixels = await decodeImage(await make().toBuffer(), size);

    expect(pixels).toHaveLength(4 * 6 * 3);
    const tolerance = name.startsWith('CMYK') ? 40 : 6;
    for (const [channel, value] of [200, 100, 50].entries()) {
      expect(Math.abs(pixels[channel]! - value)).toBeLessThanOrEqual(tolerance);
    }
  });

  const red = { r: 220, g: 40, b: 30 };
  const solid = () => sharp({ create: { width: 64, height: 64, channels: 3, background: red } });
  const clear = () =>
    sharp({ create: { width: 64, height: 64, channels: 4, background: { ...red, alpha: 0.5 } } });
  const grey = () =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 90, g: 90, b: 90 } } });
  it.each([
    ['8-bit PNG, sRGB', () => solid().withIccProfile('srgb').png(), [220, 40, 30]],
    ['16-bit PNG, sRGB', () => solid().toColourspace('rgb16').withIccProfile('srgb').png(), [220, 40, 30]],
    ['8-bit PNG, Display P3', () => solid().withIccProfile('p3').png(), [220, 40, 30]],
    [
      '16-bit PNG, Display P3',
      () => solid().toColourspace('rgb16').withIccProfile('p3').png(),
      [220, 40, 30],
    ],
    [
      '16-bit PNG with transparency, sRGB',
      () => clear().toColourspace('rgb16').withIccProfile('srgb').png(),
      [237, 147, 142],
    ],
    [
      '16-bit grey PNG, sRGB',
      () => grey().toColourspace('grey16').withIccProfile('srgb').png(),
      [90, 90, 90],
    ],
    ['16-bit grey PNG', () => grey().toColourspace('grey16').png(), [90, 90, 90]],
    ['JPEG, Display P3', () => solid().withIccProfile('p3').jpeg({ quality: 95 }), [220, 40, 30]],
    ['WebP, Display P3', () => solid().withIccProfile('p3').webp({ quality: 95 }), [220, 40, 30]],
  ])('converts the colours of a profile once: %s', async (_, make, expected) => {
    const pixels = await decodeImage(await make().toBuffer(), size);

    for (const [channel, value] of expected.entries()) {
      expect(Math.abs(pixels[channel]! - value)).toBeLessThanOrEqual(2);
    }
  });

  it.each([8, 16] as const)('converts a %i-bit grey image with the grey profile in it', async (bits) => {
    // A linear profile: half of the light is 188 in sRGB.
    const pixels = await decodeImage(greyPng(bits, 0.5, linearGreyProfile()), size);

    expect(Math.abs(pixels[0]! - 188)).toBeLessThanOrEqual(2);
  });

  it('gives a grey image three equal channels', async () => {
    const grey = await picture().greyscale().toColourspace('b-w').png().toBuffer();

    const pixels = await decodeImage(grey, size);

    expect(pixels).toHaveLength(4 * 6 * 3);
    expect(pixels[0]).toBe(pixels[1]);
    expect(pixels[1]).toBe(pixels[2]);
  });

  it('puts transparent images on white', async () => {
    const clear = sharp({
      create: { width: 9, height: 9, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    });

    const pixels = await decodeImage(await clear.png().toBuffer(), size);

    expect(new Set(pixels)).toEqual(new Set([255]));
  });

  it('turns the image as its EXIF orientation says', async () => {
    const half = { create: { width: 20, height: 40, channels: 3 as const, background: 'black' } };
    const leftBlack = sharp({
      create: { width: 40, height: 40, channels: 3, background: 'white' },
    }).composite([{ input: half, left: 0, top: 0 }]);
    // Orientation 6: the camera was turned, so the left side of the stored picture is the top.
    const turned = await leftBlack.withMetadata({ orientation: 6 }).png().toBuffer();

    const pixels = await decodeImage(turned, { ...form, height: 2, width: 2 });

    expect(pixels[0]!).toBeLessThan(100);
    expect(pixels[3]!).toBeLessThan(100);
    expect(pixels[6]!).toBeGreaterThan(150);
  });

  it.each([
    ['JPEG', () => noise(100, 100).jpeg()],
    ['PNG', () => noise(100, 100).png()],
    ['WebP', () => noise(100, 100).webp()],
    ['GIF', () => noise(100, 100).gif()],
    ['AVIF', () => noise(100, 100).avif({ effort: 0 })],
  ])('refuses a %s that is cut short', async (_, make) => {
    const whole = await make().toBuffer();

    const decoding = decodeImage(whole.subarray(0, whole.length / 2), size);

    await expect(decoding).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('damaged or cut short'),
    });
  });

  it('refuses 40 megapixels from the header alone', async () => {
    const huge = await sharp({ create: { width: 8000, height: 5000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    // Only the header and a little: decoding could not succeed, so the refusal comes before it.
    const decoding = decodeImage(huge.subarray(0, 1000), size);

    await expect(decoding).rejects.toThrow('8000 × 5000 pixels are 40.0 megapixels');
  });

  it('refuses an AVIF of more than 16 megapixels from the header alone', async () => {
    const image = await picture(24, 24).avif({ effort: 0 }).toBuffer();
    // Its picture is small: only the size that it says counts.
    const at = image.indexOf('ispe') + 8;
    image.writeUInt32BE(4001, at);
    image.writeUInt32BE(4000, at + 4);

    await expect(decodeImage(image, size)).rejects.toThrow(
      '4001 × 4000 pixels are 16.0 megapixels, more than the 16 allowed',
    );
    image.writeUInt32BE(8, at);
    image.writeUInt32BE(8, at + 4);
    await expect(decodeImage(image, size)).rejects.toThrow('damaged or cut short (heif: ');
  });

  it('refuses a strip whose side is too long from the header alone', async () => {
    const strip = await sharp({
      create: { width: 1, height: MAXIMUM_SIDE + 1, channels: 3, background: 'red' },
    })
      .png()
      .toBuffer();

    await expect(decodeImage(strip.subarray(0, strip.length / 2), size)).rejects.toThrow(
      `its 1 × ${MAXIMUM_SIDE + 1} pixels are more than the ${MAXIMUM_SIDE} allowed for a side`,
    );
  });

  it('reads the longest strip that is allowed', async () => {
    const strip = sharp({ create: { width: MAXIMUM_SIDE, height: 1, channels: 3, background: orange } });

    const pixels = await decodeImage(await strip.png().toBuffer(), size);

    expect([...pixels.subarray(0, 3)]).toEqual([200, 100, 50]);
  });

  it('takes the first picture of a GIF that moves', async () => {
    const frames = [orange, { r: 0, g: 0, b: 255 }].map((background) =>
      sharp({ create: { width: 30, height: 20, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const moving = sharp(await Promise.all(frames), { join: { animated: true } });

    const pixels = await decodeImage(await moving.gif().toBuffer(), size);

    expect([...pixels.subarray(0, 3)]).toEqual([200, 100, 50]);
  });

  it('gives up decoding after the seconds that the caller has, and never without such a limit', async () => {
    const image = await picture().png().toBuffer();
    const limit = vi.spyOn(sharp.prototype, 'timeout').mockImplementation(() => {
      throw new Error('timeout: 40% complete');
    });
    try {
      await expect(decodeImage(image, size, 5)).rejects.toMatchObject({
        name: 'InvalidInput',
        message: 'it takes more than 5 s to decode',
      });
      expect(limit.mock.calls).toEqual([[{ seconds: 5 }]]);
      await expect(decodeImage(image, size)).resolves.toHaveLength(4 * 6 * 3);
    } finally {
      limit.mockRestore();
    }
  });

  it.each([
    ['text', Buffer.from('this is no picture'), 'not a PNG, JPEG, WebP, GIF or AVIF'],
    [
      'SVG, which could refer to other files',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'not a PNG',
    ],
    [
      'HEIC, for which there is no decoder',
      Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      'not a PNG',
    ],
    ['nothing', Buffer.alloc(0), 'is empty'],
    ['a PNG signature and no more', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'damaged or cut short'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, size)).rejects.toThrow(message);
  });
});

/** Rings of one pixel each, 0…height / 2 from outside: the red of a ring is ten times its number. */
function rings(width: number, height: number): Promise<Buffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      pixels.set([10 * Math.min(x, y, width - 1 - x, height - 1 - y), 0, 0], at);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

describe('the ways in which an image gets the network’s size', () => {
  const decode = async (image: Buffer, changes: Partial<Input>) => {
    const pixels = await decodeImage(image, { ...form, ...changes });
    const { height, width } = { ...form, ...changes };
    expect(pixels).toHaveLength(height * width * 3);
    return (x: number, y: number) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  };
  /** Left third red, right third blue, green between. */
  const thirds = (width: number, height: number) => {
    const pixels = new Uint8Array(width * height * 3);
    for (let at = 0; at < width * height; at++) {
      pixels[at * 3 + [0, 1, 2][Math.floor(((at % width) * 3) / width)]!] = 200;
    }
    return sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
  };

  it('stretch shows the whole image, whatever its proportions', async () => {
    const at = await decode(await thirds(48, 8), { resize: { fit: 'stretch' } });

    expect(at(0, 4)).toEqual([200, 0, 0]);
    expect(at(4, 4)[1]).toBeGreaterThan(180);
    expect(at(7, 4)).toEqual([0, 0, 200]);
  });

  it('cover cuts away what does not fit: of three squares beside each other the middle one is left', async () => {
    const at = await decode(await thirds(48, 16), { resize: { fit: 'cover', crop: 1 } });

    for (const [x, y] of [
      [0, 0],
      [7, 0],
      [0, 7],
      [7, 7],
    ] as const) {
      const [red, green, blue] = at(x, y);
      // The kernel sees a little over the edge.
      expect(green).toBeGreaterThan(150);
      expect(red! + blue!).toBeLessThan(60);
    }
  });

  it.each([
    // Shorter side to 8 / 0.8 = 10, then 8 of 10: one ring is gone on each side.
    { crop: 0.8, side: 10, ring: 1 },
    { crop: 0.5, side: 16, ring: 4 },
    { crop: 1, side: 8, ring: 0 },
  ])('cover with crop $crop takes the centre of $side × $side pixels', async ({ crop, side, ring }) => {
    // Of exactly the size that it is scaled to, so that its pixels stay as they are.
    const at = await decode(await rings(side, side), { resize: { fit: 'cover', crop } });

    expect(at(0, 0)).toEqual([10 * ring, 0, 0]);
    expect(at(7, 3)).toEqual([10 * ring, 0, 0]);
    expect(at(3, 3)).toEqual([10 * (ring + 3), 0, 0]);
  });

  it('cover with a crop takes the centre of a wide image and of a high one', async () => {
    const wide = await decode(await rings(14, 10), { resize: { fit: 'cover', crop: 0.8 } });
    const high = await decode(await rings(10, 14), { resize: { fit: 'cover', crop: 0.8 } });

    // 8 of 14 columns leave three on each side, 8 of 10 rows one.
    expect([wide(0, 0), wide(0, 4), wide(4, 0)]).toEqual([
      [10, 0, 0],
      [30, 0, 0],
      [10, 0, 0],
    ]);
    expect([high(0, 0), high(4, 0), high(0, 4)]).toEqual([
      [10, 0, 0],
      [30, 0, 0],
      [10, 0, 0],
    ]);
  });

  it.each<[Input['colours'], number[]]>([
    ['RGB', [104, 117, 124]],
    ['BGR', [124, 117, 104]],
  ])(
    'contain shows the whole image between borders of the mean colour, which is given as %s',
    async (colours, expected) => {
      const mean: Input['mean'] = [103.6, 117.2, 123.9];

      const at = await decode(await thirds(48, 24), { resize: { fit: 'contain' }, colours, mean });

      for (const y of [0, 1, 6, 7]) expect(at(3, y)).toEqual(expected);
      expect(at(0, 4)).toEqual([200, 0, 0]);
      expect(at(7, 4)).toEqual([0, 0, 200]);
    },
  );

  it('scales with the kernel that the network was trained with', async () => {
    const [linear, cubic, lanczos3] = await Promise.all(
      (['linear', 'cubic', 'lanczos3'] as const).map(async (interpolation) =>
        decodeImage(await rings(24, 24), { ...form, interpolation }),
      ),
    );

    expect(linear).not.toEqual(cubic);
    expect(cubic).not.toEqual(lanczos3);
    for (const pixels of [cubic!, lanczos3!]) {
      for (const [i, value] of pixels.entries()) expect(Math.abs(value - linear![i]!)).toBeLessThan(30);
    }
  });
});
