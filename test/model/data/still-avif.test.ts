import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { stillAvif } from '#model/data/still-avif.ts';

const background = { r: 200, g: 100, b: 50 };
let whole: Buffer;
beforeAll(async () => {
  whole = await sharp({ create: { width: 24, height: 16, channels: 3, background } })
    .avif({ effort: 0 })
    .toBuffer();
});

/** The file with so many bytes of units after those of its picture. */
function longer(units: Buffer): Buffer {
  const data = whole.indexOf('mdat');
  const size = whole.length - data - 4;
  const file = Buffer.concat([whole, units]);
  file.writeUInt32BE(size + 8 + units.length, data - 4);
  // The picture's length stands last in its location.
  const at = whole.indexOf(Buffer.from([0, 0, size >> 8, size & 255]), whole.indexOf('iloc'));
  file.writeUInt32BE(size + units.length, at);
  return file;
}

/** A unit of one byte: 6 is a frame, 7 a frame header once more. */
const unit = (type: number) => Buffer.from([(type << 3) | 2, 1, 0]);
const changed = (from: string, to: string) => {
  const copy = Buffer.from(whole);
  copy.write(to, copy.indexOf(from, 16), 'latin1');
  return copy;
};

describe('an AVIF before it is decoded', () => {
  it('stays as it is', () => {
    expect(Buffer.from(stillAvif(whole)).equals(whole)).toBe(true);
  });

  it('of a sequence is taken for its first picture', async () => {
    const sequence = Buffer.from(whole);
    sequence.write('avis', 8);

    const still = stillAvif(sequence);

    expect(Buffer.from(still).equals(whole)).toBe(true);
    // Why: the decoder knows no such file.
    await expect(sharp(sequence).metadata()).rejects.toThrow('unsupported image format');
  });

  it('may have as many frames as a progressive picture with transparency', () => {
    const seven = longer(Buffer.concat(Array(7).fill(unit(6))));

    expect(Buffer.from(stillAvif(seven)).equals(seven)).toBe(true);
    expect(() => stillAvif(longer(Buffer.concat(Array(50).fill(unit(7)))))).not.toThrow();
  });

  it.each([
    ['frames without end', () => longer(Buffer.concat(Array(8).fill(unit(6)))), 'its picture has 9 frames'],
    ['frames in its header', () => withHeaderUnits(Array(9).fill(unit(3))), 'its picture has 10 frames'],
    ['a grid of tiles', () => changed('av01', 'grid'), 'it has an item "grid"'],
    ['a picture of another codec', () => changed('av01', 'hvc1'), 'it has an item "hvc1"'],
    ['two lists of items', () => changed('iprp', 'iinf'), 'it has 2 boxes "iinf"'],
    ['no list of items', () => changed('iinf', 'free'), 'it has 0 boxes "iinf"'],
    ['nothing behind its name', () => whole.subarray(0, 40), 'is cut short'],
    ['a picture beyond its end', () => longer(Buffer.alloc(0)).subarray(0, -1), 'cut short'],
  ])('is refused with %s', (_what, make, message) => {
    expect(() => stillAvif(make())).toThrow(message);
  });
});

/** The file with units in the picture's configuration, whose box grows, and all around it. */
function withHeaderUnits(units: Buffer[]): Buffer {
  const extra = Buffer.concat(units);
  const end = whole.indexOf('av1C') + 8;
  const file = Buffer.concat([whole.subarray(0, end), extra, whole.subarray(end)]);
  for (const type of ['meta', 'iprp', 'ipco', 'av1C']) {
    const at = whole.indexOf(type) - 4;
    file.writeUInt32BE(whole.readUInt32BE(at) + extra.length, at);
  }
  const base = whole.indexOf(Buffer.from('mdat')) + 4;
  const at = whole.indexOf(Buffer.from([0, 0, base >> 8, base & 255]), whole.indexOf('iloc'));
  file.writeUInt32BE(base + extra.length, at);
  return file;
}
