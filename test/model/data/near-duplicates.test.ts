import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDataSet } from '#model/data/data-set.ts';
import { type Comparable, comparable, nearDuplicates, THUMBNAIL } from '#model/data/near-duplicates.ts';

const labels = ['a', 'b'];
let folder: string;
let train: string;
let test: string;
let count = 0;

/** A picture that differs from others: gradients and three discs, drawn from `n`. */
function picture(n: number): Sharp {
  const disc = (k: number) => {
    const place = (factor: number) => 10 + ((n * factor + k * 37) % 80);
    return `<circle cx="${place(31)}" cy="${place(53)}" r="${8 + ((n + k) % 4) * 5}" fill="hsl(${(n * 67 + k * 120) % 360},80%,50%)"/>`;
  };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96"><rect width="96" height="96" fill="#eee"/>${[0, 1, 2].map(disc).join('')}</svg>`;
  return sharp(Buffer.from(svg)).png();
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-near-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  [train, test] = ['train', 'test'].map((split) => join(folder, String(++count), split)) as [string, string];
  for (const [split, offset] of [
    [train, 0],
    [test, 20],
  ] as const) {
    for (const [index, label] of labels.entries()) {
      await mkdir(join(split, label), { recursive: true });
      for (let n = 0; n < 10; n++) {
        await picture(offset + 10 * index + n).toFile(join(split, label, `${n}.png`));
      }
    }
  }
});
const find = async () =>
  nearDuplicates(
    await comparable(await loadDataSet(train, THUMBNAIL)),
    await comparable(await loadDataSet(test, THUMBNAIL)),
  );

describe('nearDuplicates', () => {
  it('takes different pictures for different ones', async () => {
    expect(await find()).toEqual([]);
  });

  it.each<[string, (image: Sharp) => Sharp]>([
    ['stored as JPEG', (image) => image.jpeg({ quality: 70 })],
    ['scaled down', (image) => image.resize(58, 58)],
    ['scaled up', (image) => image.resize(300, 300)],
    ['a little lighter', (image) => image.modulate({ brightness: 1.05 }).webp({ quality: 60 })],
  ])('finds a training image that is in the test set, %s', async (_what, change) => {
    const changed = await change(sharp(join(train, 'a/3.png'))).toBuffer();
    await sharp(changed).toFile(join(test, 'b/copy.png'));

    expect(await find()).toEqual([{ train: 'a/3.png', test: 'b/copy.png' }]);
  });

  it('names each test image once, with the first training image that it looks like', async () => {
    for (const copy of ['x', 'y']) await cp(join(train, 'a/3.png'), join(train, `b/${copy}.png`));
    await cp(join(train, 'a/3.png'), join(test, 'a/copy.png'));

    expect(await find()).toEqual([{ train: 'a/3.png', test: 'a/copy.png' }]);
  });

  it('sees the colour: the same drawing in another one is another picture', async () => {
    await sharp(join(train, 'a/3.png')).modulate({ hue: 120 }).toFile(join(test, 'a/other.png'));

    expect(await find()).toEqual([]);
  });

  it('compares only what has not been compared before, and keeps what was found', async () => {
    for (const copy of ['x', 'y']) await cp(join(train, 'a/3.png'), join(test, `a/copy-${copy}.png`));
    await cp(join(train, 'a/3.png'), join(train, 'b/3-again.png'));
    const [own, others] = await Promise.all(
      [train, test].map(async (root) => comparable(await loadDataSet(root, THUMBNAIL))),
    );
    const asked = new Set<string>();
    const seen = (which: Comparable): Comparable => ({
      ...which,
      pixels: (index) => {
        asked.add(which.ids[index]!);
        return which.pixels(index);
      },
    });
    const again = own!.ids.indexOf('b/3-again.png');
    const kept = own!.ids.indexOf('a/7.png');

    const pairs = await nearDuplicates(seen(own!), seen(others!), {
      earlier: {
        hasTrain: (index) => index !== again,
        // Found earlier, wherever; looked like none; is new.
        twinOf: (index) =>
          [kept, 'none' as const, undefined][['a/0.png', 'a/copy-x.png'].indexOf(others!.ids[index]!)],
      },
    });

    expect(pairs).toEqual([
      { train: 'a/7.png', test: 'a/0.png' },
      { train: 'b/3-again.png', test: 'a/copy-x.png' },
      { train: 'a/3.png', test: 'a/copy-y.png' },
    ]);
    expect(asked).toContain('a/copy-x.png');
    expect(asked).not.toContain('a/0.png');
  });
});
