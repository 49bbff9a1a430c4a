import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { jpegSize } from '#model/data/jpeg-size.ts';

const image = sharp({ create: { width: 300, height: 17, channels: 3, background: 'teal' } });

describe('jpegSize', () => {
  it.each([
    ['baseline', image.clone().jpeg()],
    ['progressive', image.clone().jpeg({ progressive: true })],
    ['in grey', image.clone().greyscale().jpeg()],
    ['in CMYK', image.clone().toColourspace('cmyk').jpeg()],
    ['with EXIF and a profile before the frame', image.clone().withMetadata({ orientation: 6 }).jpeg()],
  ])('is the size that the decoder says: %s', async (_what, encoder) => {
    const bytes = await encoder.toBuffer();
    const { width, height } = await sharp(bytes).metadata();

    expect(jpegSize(bytes)).toEqual({ width, height });
  });

  it('leaves it to the decoder where the file is none, is cut short or has no such header', async () => {
    const jpeg = await image.clone().jpeg().toBuffer();

    expect(jpegSize(await image.clone().png().toBuffer())).toBeUndefined();
    expect(jpegSize(new Uint8Array())).toBeUndefined();
    for (const end of [2, 3, 20, 100]) expect(jpegSize(jpeg.subarray(0, end))).toBeUndefined();
    // A segment that says it has no bytes would be read for ever if its length were not counted.
    expect(
      jpegSize(Uint8Array.from([0xff, 0xd8, ...new Array(64).fill([0xff, 0xe0, 0, 0]).flat()])),
    ).toBeUndefined();
  });
});
