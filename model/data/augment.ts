import { createRandom, type Random } from '#core/random.ts';
import type { ImageSize } from './image.ts';

/**
 * One variant of an image as another photograph might show it: mirrored (half of them), turned by up to 20°, scaled by
 * 0.85…1.15, shifted by up to 8 % of the side, lighter or darker, with another contrast and white balance. Variant 0 is the image
 * itself.
 *
 * @param pixels height × width × 3 values in 0…255
 * @param id of the image; together with variant and seed it determines the result
 * @returns height × width × 3 values in 0…255; for variant 0 `pixels` itself
 */
export function augment(
  pixels: Uint8Array,
  size: ImageSize,
  id: string,
  variant: number,
  seed: number,
): Uint8Array {
  return variant === 0 ? pixels : vary(pixels, size, createRandom('augment', seed, id, variant));
}

function vary(source: Uint8Array, { height, width }: ImageSize, random: Random): Uint8Array {
  const target = new Uint8Array(source.length);
  const angle = (random.between(-20, 20) * Math.PI) / 180;
  const scale = random.between(0.85, 1.15);
  const mirror = random.next() < 0.5 ? -1 : 1;
  const cos = Math.cos(angle) / scale;
  const sin = Math.sin(angle) / scale;
  const x0 = width * (0.5 + random.between(-0.08, 0.08));
  const y0 = height * (0.5 + random.between(-0.08, 0.08));
  const contrast = random.between(0.85, 1.15);
  const brightness = random.between(-25, 25) + 128 * (1 - contrast);
  const gains = [0, 1, 2].map(() => contrast * random.between(0.92, 1.08));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const dx = x + 0.5 - x0;
      const dy = y + 0.5 - y0;
      // Outside the image its border goes on: no black corners that a network could learn.
      const u = clamp((dx * cos + dy * sin) * mirror + width / 2 - 0.5, width - 1);
      const v = clamp(dy * cos - dx * sin + height / 2 - 0.5, height - 1);
      const left = Math.min(width - 2, Math.floor(u));
      const top = Math.min(height - 2, Math.floor(v));
      const fx = u - left;
      const fy = v - top;
      const upper = (top * width + left) * 3;
      const lower = upper + width * 3;
      for (let c = 0; c < 3; c++) {
        const above = source[upper + c]! * (1 - fx) + source[upper + 3 + c]! * fx;
        const below = source[lower + c]! * (1 - fx) + source[lower + 3 + c]! * fx;
        const value = (above * (1 - fy) + below * fy) * gains[c]! + brightness;
        target[at + c] = clamp(Math.round(value), 255);
      }
    }
  }
  return target;
}

const clamp = (value: number, high: number) => Math.max(0, Math.min(high, value));
