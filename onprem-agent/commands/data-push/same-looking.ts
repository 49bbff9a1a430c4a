import { decodeImage } from '#model/data/image.ts';
import { type Comparable, nearDuplicates, THUMBNAIL } from '#model/data/near-duplicates.ts';
import { Sketches } from '#model/data/sketch.ts';
import type { DomainImage } from './survey.ts';

/**
 * Pairs of a test image and a training image that look the same. Only pairs with an image that is new or
 * changed are compared; the images keep the result in their field `compared`.
 */
export async function sameLooking(
  { train, test }: { train: readonly DomainImage[]; test: readonly DomainImage[] },
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
) {
  const twins = new Map<string, number | undefined>();
  for (const { compared } of test) if (compared) twins.set(compared, undefined);
  for (const [index, { id }] of train.entries()) if (twins.has(id)) twins.set(id, index);
  const hasTrain = (index: number) => train[index]!.compared !== undefined;
  const pairs = await nearDuplicates(comparable(train), comparable(test), {
    earlier: {
      hasTrain,
      twinOf(index) {
        const { compared } = test[index]!;
        if (compared === undefined) return undefined;
        if (compared === '') return 'none';
        const twin = twins.get(compared);
        return twin !== undefined && hasTrain(twin) ? twin : undefined;
      },
    },
    onProgress,
    signal,
  });
  const twinOf = new Map(pairs.map((pair) => [pair.test, pair.train]));
  for (const image of train) image.compared = '';
  for (const image of test) image.compared = twinOf.get(image.id) ?? '';
  return pairs;
}

function comparable(images: readonly DomainImage[]): Comparable {
  const sketches = new Sketches(images.length);
  for (const [index, { sketch }] of images.entries()) sketches.set(index, Buffer.from(sketch, 'base64'));
  return {
    ids: images.map(({ id }) => id),
    sketches,
    pixels: (index) => decodeImage(images[index]!.path, THUMBNAIL),
  };
}
