import { createHash } from 'node:crypto';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetDigest } from '#core/digest.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import { openPixels } from '#model/data/pixel-source.ts';
import { type OpenedImages, type OpenOptions, openTrainingImages } from '#model/data/training-images.ts';
import { networkInput } from '#model/network/input.ts';
import { makeImageFolder } from '../../fixtures/images.ts';

const labels = ['a', 'a b', 'é'];
const input = networkInput(8);
const imageBytes = 8 * 8 * 3;

let root: string;
let images: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-training-images-'));
  images = join(root, 'images');
  await makeImageFolder(images, { labels, perLabel: 4 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const onDisk = { memoryBytes: 0 };
const openHere = (folder = images, options: Partial<OpenOptions> = {}) =>
  openTrainingImages(folder, input, { ...onDisk, ...options });

/** Pixels of all images, as a thread reads them. */
async function pixelsOf({ pixels, size }: OpenedImages, warnings: string[] = []): Promise<Buffer> {
  const reader = await openPixels(pixels, imageBytes, (warning) => warnings.push(warning));
  const all: Uint8Array[] = [];
  for (let image = 0; image < size; image++) all.push(Buffer.from(await reader.read(image)));
  await reader.close();
  return Buffer.concat(all);
}

type Members = Record<string, Uint8Array | string>;

/** @param members an array of pairs where a name comes twice */
async function writeShard(path: string, members: Members | [string, Uint8Array | string][]): Promise<void> {
  const shard = pack();
  for (const [name, content] of Array.isArray(members) ? members : Object.entries(members)) {
    shard.entry({ name }, Buffer.from(content));
  }
  shard.finalize();
  await writeFile(path, await buffer(shard));
}

const imageOf = (label: string, n = 0) =>
  readFile(join(images, label, `${labels.indexOf(label)}-00${n}.png`));

describe('images that are opened for training', () => {
  it('are the same from memory, decoded at each visit, from a cache, and as a data set', async () => {
    const expected = await loadDataSet(images, input);
    const everywhere = [
      await openHere(images, { memoryBytes: 1e6 }),
      await openHere(),
      await openHere(images, { cache: join(root, 'cache') }),
      await openHere(images, { cache: join(root, 'cache') }),
    ];

    expect(everywhere.map(({ pixels }) => pixels.kind)).toEqual(['memory', 'files', 'cache', 'cache']);
    for (const opened of everywhere) {
      const { labels: own, classIndices, size, digest } = opened;
      expect({ labels: own, classIndices: [...classIndices], size, digest }).toEqual({
        ...{ labels, size: 12, digest: expected.digest },
        classIndices: [...expected.classIndices],
      });
      expect(await pixelsOf(opened)).toEqual(
        Buffer.from(expected.gather(expected.classIndices.map((_, i) => i))),
      );
    }
  });

  it('leave out what cannot be read with its reason, and name what is there twice', async () => {
    const folder = join(root, 'spoilt');
    await makeImageFolder(folder, { labels, perLabel: 8 });
    await writeFile(join(folder, 'a', '0-000.png'), 'no image');
    await copyFile(join(folder, 'a', '0-001.png'), join(folder, 'é', 'copy.png'));
    await copyFile(join(folder, 'a', '0-001.png'), join(folder, 'a', 'copy.png'));
    await writeFile(join(folder, 'notes.txt'), '');
    const expected = await loadDataSet(folder, input);

    for (const memoryBytes of [0, 1e6]) {
      const opened = await openHere(folder, { memoryBytes });
      expect(opened.damaged).toEqual([{ id: 'a/0-000.png', reason: expect.stringContaining('not a PNG') }]);
      expect(opened.repeated).toEqual([['a/0-001.png', 'a/copy.png', 'é/copy.png']]);
      expect(opened).toMatchObject({ beside: ['notes.txt'], size: 25, digest: expected.digest });
      expect(await pixelsOf(opened)).toEqual(
        Buffer.from(expected.gather(expected.classIndices.map((_, i) => i))),
      );
    }
  });

  it('are read once, and again when a file changes', async () => {
    const folder = join(root, 'known');
    await makeImageFolder(folder, { labels, perLabel: 3 });
    const known = join(root, 'known.json');
    const reads: number[] = [];
    const open = async () => {
      let read = 0;
      const { digest } = await openHere(folder, { known, onProgress: () => read++ });
      reads.push(read);
      return digest;
    };

    const first = await open();
    expect(await open()).toBe(first);
    await writeFile(join(folder, 'a', '0-000.png'), await imageOf('é'));
    await utimes(join(folder, 'a', '0-000.png'), 1, 1);
    expect(await open()).not.toBe(first);
    await writeFile(known, '{"torn');
    await open();

    expect(reads).toEqual([9, 0, 9, 9]);
  });

  it('say which one has changed under a training', async () => {
    const folder = join(root, 'changing');
    await makeImageFolder(folder, { labels, perLabel: 2 });
    const opened = await openHere(folder);
    await rm(join(folder, 'a b', '1-001.png'));

    await expect(pixelsOf(opened)).rejects.toThrow(/a b\/1-001\.png could be read before the training/);
  });
});

describe('a cache', () => {
  it('decodes an image again that is damaged in it, with a message', async () => {
    const cache = join(root, 'cache-damaged');
    const opened = await openHere(images, { cache });
    const expected = await pixelsOf(opened);
    const [folder] = await readdir(cache);
    const shard = join(cache, folder!, 'pixels-00000.bin');
    const bytes = await readFile(shard);
    bytes[3 * imageBytes + 7]! ^= 1;
    await writeFile(shard, bytes);
    const warnings: string[] = [];

    expect(await pixelsOf(await openHere(images, { cache }), warnings)).toEqual(expected);

    expect(warnings).toEqual(['a/0-003.png is decoded from its file again: in the cache it is damaged']);
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    [
      'is cut short',
      (folder) => truncate(join(folder, 'pixels-00000.bin'), 100),
      /"pixels-00000.bin" is cut short/,
    ],
    ['has other digests', (folder) => writeFile(join(folder, 'digests.bin'), 'x'), /digests are damaged/],
    ['is of another program', (folder) => writeFile(join(folder, 'cache.json'), '{}'), /schemaVersion/],
    ['was never finished', (folder) => rm(join(folder, 'cache.json')), /no table of contents/],
  ])('that %s is made again, with a message', async (what, spoil, message) => {
    const cache = join(root, `cache ${what}`);
    const expected = await pixelsOf(await openHere(images, { cache }));
    const [folder] = await readdir(cache);
    await spoil(join(cache, folder!));
    const notices: string[] = [];

    const opened = await openHere(images, { cache, onNotice: (notice) => notices.push(notice) });

    expect(notices).toEqual([expect.stringMatching(message)]);
    expect(opened.pixels.kind).toBe('cache');
    expect(await pixelsOf(opened)).toEqual(expected);
  });

  it.each<[string, Partial<OpenOptions>, RegExp]>([
    ['has no room', { freeBytes: async () => 100 }, /needs 0\.0 GB/],
    ['is a file', { cache: '/dev/null' }, /EEXIST|ENOTDIR/],
  ])('that %s is done without, with a message', async (_what, options, message) => {
    const notices: string[] = [];
    const cache = join(root, 'cache-none');

    const opened = await openHere(images, { cache, ...options, onNotice: (notice) => notices.push(notice) });

    expect(notices).toEqual([expect.stringMatching(message)]);
    expect(opened.pixels.kind).toBe('files');
  });
});

describe('tar shards', () => {
  it('give images with .cls members, by numbers or labels, and with folders', async () => {
    const folder = join(root, 'shards');
    await mkdir(folder);
    const own = await Promise.all(labels.map((label) => imageOf(label)));
    await writeShard(join(folder, 'b.tar'), {
      'x/0001.png': own[0]!,
      'x/0001.cls': '10',
      'x/0001.json': '{}',
      '0001.cls': '2\n',
      '0001.jpg': own[1]!,
    });
    await writeShard(join(folder, 'a.tar'), { '0001.cls': '2', '0001.webp': own[2]!, '0002.cls': '7' });

    const opened = await openHere(folder);

    expect(opened.labels).toEqual(['2', '10']);
    expect([...opened.classIndices]).toEqual([0, 0, 1]);
    expect(opened.beside).toEqual(['a.tar/0002.cls']);
    const ids = ['2/a.tar/0001.webp', '2/b.tar/0001.jpg', '10/b.tar/x/0001.png'];
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(opened.digest).toBe(
      dataSetDigest([own[2]!, own[1]!, own[0]!].map((bytes, i) => ({ id: ids[i]!, sha256: sha256(bytes) }))),
    );
    const byFolders = join(root, 'folders.tar');
    await writeShard(byFolders, { './é/1.png': own[2]!, 'a/1.png': own[0]!, 'a/._1.png': 'litter' });
    const other = await openHere(byFolders);
    expect(other.labels).toEqual(['a', 'é']);
    const pixels = await pixelsOf(await openHere(images));
    expect(await pixelsOf(other)).toEqual(
      Buffer.concat([pixels.subarray(0, imageBytes), pixels.subarray(8 * imageBytes, 9 * imageBytes)]),
    );
  });

  it.each<[string, Members | [string, string][], RegExp]>([
    ['no class', { 'a/1.png': 'x', '2.png': 'y' }, /"2\.png" of the shard "s\.tar".*nothing says its class/],
    ['a nested folder', { 'a/b/1.png': 'x' }, /"a\/b\/1\.png".*nested/],
    ['two images for one stem', { 'a/1.png': 'x', 'a/1.jpg': 'y' }, /"a\/1\.jpg".*same stem as "a\/1\.png"/],
    [
      'the same member twice',
      [
        ['a/1.png', 'x'],
        ['a/1.png', 'y'],
      ],
      /"a\/1\.png".*there twice/,
    ],
    ['an empty class', { '1.png': 'x', '1.cls': ' ' }, /"1\.cls".*empty/],
    ['a class that is no label', { '1.png': 'x', '1.cls': '../up' }, /"1\.png"/],
    [
      'labels that differ in case',
      { 'A/1.png': 'x', 'a/1.png': 'y' },
      /the same but for upper and lower case/,
    ],
    ['a single class', { 'a/1.png': 'x' }, /single class "a"/],
    ['no images', { 'a/1.txt': 'x' }, /"s\.tar".*has no images/],
  ])('with %s are refused, by shard and member', async (_what, members, message) => {
    const folder = await mkdtemp(join(root, 'refused-'));
    await writeShard(join(folder, 's.tar'), members);

    await expect(openHere(folder)).rejects.toThrow(message);
  });

  it('that are cut short or compressed, or beside folders, are refused', async () => {
    const folder = await mkdtemp(join(root, 'cut-'));
    const path = join(folder, 's.tar');
    const bytes = await imageOf('a');
    await writeShard(path, { 'a/1.png': bytes, 'b/1.png': bytes });
    const whole = await readFile(path);
    for (const length of [whole.length - 1024, 700, 0]) {
      await writeFile(path, whole.subarray(0, length));
      await expect(openHere(folder)).rejects.toThrow(/"s\.tar".*its end is missing/);
    }
    await writeFile(path, Buffer.concat([whole.subarray(0, 600), Buffer.alloc(1024)]));
    await expect(openHere(folder)).rejects.toThrow(/"s\.tar" cannot be read/);
    await mkdir(join(folder, 'class'));
    await expect(openHere(folder)).rejects.toThrow(/has tar shards \("s\.tar"\) and folders \("class"\)/);
  });
});
