import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '#model/image.ts';

const size = { height: 4, width: 6 };
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

    const pixels = await decodeImage(turned, { height: 2, width: 2 });

    expect(pixels[0]!).toBeLessThan(100);
    expect(pixels[3]!).toBeLessThan(100);
    expect(pixels[6]!).toBeGreaterThan(150);
  });

  it.each([
    ['JPEG', () => noise(100, 100).jpeg()],
    ['PNG', () => noise(100, 100).png()],
    ['WebP', () => noise(100, 100).webp()],
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

  it.each([
    ['text', Buffer.from('this is no picture'), 'not a JPEG, PNG or WebP'],
    [
      'SVG, which could refer to other files',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'not a JPEG',
    ],
    ['nothing', Buffer.alloc(0), 'is empty'],
    ['a PNG signature and no more', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'damaged or cut short'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, size)).rejects.toThrow(message);
  });
});
