import { describe, expect, it } from 'vitest';
import { REFERENCE_IMAGES } from '#core/contracts/manifest.ts';
import { sha256 } from '#core/digest.ts';
import { referenceImages } from '#model/inference/reference-images.ts';

describe('referenceImages', () => {
  it('have the network’s size and are the same for ever: manifests have features of them', () => {
    const images = referenceImages({ height: 24, width: 32 });

    expect(images).toHaveLength(REFERENCE_IMAGES);
    for (const image of images) expect(image).toHaveLength(24 * 32 * 3);
    expect(images.map((image) => sha256(image).slice(0, 12))).toEqual([
      '2e0bb07058e4',
      '81c7b8b854c4',
      '566fb0478341',
    ]);
  });

  it('show whether a model takes the channels in another order', () => {
    for (const image of referenceImages({ height: 8, width: 8 })) {
      const swapped = image.map((_, i) => image[i - (i % 3) + 2 - (i % 3)]!);
      expect(swapped).not.toEqual(image);
    }
  });
});
