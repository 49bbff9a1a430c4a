import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { createRandom } from '#core/random.ts';
import type { Picks } from './picks.ts';

/** Where those of AVIF begin among the valid images. */
const AVIF = 5;

const SIDE = 24;

/** A small valid image of each type, for changes, the last ones of AVIF; always the same ones. */
export async function validImages(): Promise<Buffer[]> {
  const random = createRandom('fuzz images');
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.below(256));
  const picture = () => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  return Promise.all([
    picture().png().toBuffer(),
    picture().jpeg().toBuffer(),
    picture().webp().toBuffer(),
    picture().gif().toBuffer(),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    picture().avif({ effort: 0 }).toBuffer(),
    // A sequence, as its brand says.
    picture()
      .avif({ effort: 0 })
      .toBuffer()
      .then((bytes) => Buffer.concat([bytes.subarray(0, 8), Buffer.from('avis'), bytes.subarray(12)])),
  ]);
}

/** A valid image that was cut, changed or replaced by text. */
export function damaged({ below, pick, text }: Picks, images: readonly Buffer[]): Buffer {
  const bytes = Buffer.from(pick(images));
  const way = below(5);
  if (way === 0) return bytes.subarray(0, below(bytes.length));
  if (way === 1) return Buffer.concat([bytes.subarray(0, 12), Buffer.from(text(below(200)))]);
  if (way === 2) return Buffer.from(text(below(400)));
  const changes = way === 3 ? 1 + below(8) : 1 + below(bytes.length);
  for (let n = 0; n < changes; n++) bytes[below(bytes.length)] = below(256);
  return bytes;
}

/**
 * A PNG that says more pixels than it may have, or unpacks to more than it says; a GIF that has frames
 * without end or larger ones than it says; an AVIF that says another size than its picture has.
 */
export function bomb({ below, pick }: Picks, images: readonly Buffer[]): Buffer {
  const side = pick([1, 16_384, 30_000, 2 ** 31 - 1]);
  const way = below(3);
  if (way === 0) return gif(side & 65_535, pick([1, 100_000]));
  if (way === 1) return resizedAvif(pick(images.slice(AVIF)), side);
  return png(side, pick([1, side]), deflateSync(Buffer.alloc(pick([10, 4_000_000]))));
}

/** A GIF of one pixel with so many frames of this side, none of which has its pixels. */
function gif(side: number, frames: number): Buffer {
  const [low, high] = [side & 255, side >> 8];
  const head = [...Buffer.from('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, low, high, low, high, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(frames * frame.length, frame), Buffer.from(';')]);
}

/** An AVIF with this side in its header. */
function resizedAvif(image: Buffer, side: number): Buffer {
  const copy = Buffer.from(image);
  const at = copy.indexOf('ispe') + 8;
  copy.writeUInt32BE(side, at);
  copy.writeUInt32BE(side, at + 4);
  return copy;
}

/** A PNG of this size in its header, with these bytes as its pixels; its checksums are not right. */
function png(width: number, height: number, data: Buffer): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, Buffer.from(type), content, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
