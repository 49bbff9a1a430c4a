import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDataSet, loadImages, requireImagesPerClass } from '#model/data/data-set.ts';
import { networkInput } from '#model/network/input.ts';
import { makeImageFolder } from '../../fixtures/images.ts';

const input = networkInput(8);

describe('loadDataSet', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'graft-data-'));
    await makeImageFolder(root, { labels: ['pear', 'apple'], perLabel: 3, size: 8 });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('sorts labels and files, so that every machine sees the same data set', async () => {
    const data = await loadDataSet(root, input);

    expect(data.labels).toEqual(['apple', 'pear']);
    expect(data.ids).toEqual([
      ...['1-000', '1-001', '1-002'].map((name) => `apple/${name}.png`),
      ...['0-000', '0-001', '0-002'].map((name) => `pear/${name}.png`),
    ]);
    expect([...data.classIndices]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(data.damaged).toEqual([]);
  });

  it('keeps the given order of labels', async () => {
    const data = await loadDataSet(root, input, { labels: ['pear', 'apple'] });

    expect(data.labels).toEqual(['pear', 'apple']);
    expect(data.ids[0]).toBe('pear/0-000.png');
  });

  it('gathers the pixels of the images asked for', async () => {
    const data = await loadDataSet(root, input);

    const [fourth, first] = [data.gather([3]), data.gather([0])];
    const both = data.gather([3, 0]);

    expect(both).toEqual(Uint8Array.from([...fourth, ...first]));
    expect(first).not.toEqual(fourth);
    expect(() => data.gather([6])).toThrow('no image 6');
  });

  it('keeps pixels on disk when they need more memory than allowed, and gives the same ones', async () => {
    const data = await loadDataSet(root, input);
    const all = data.ids.map((_, i) => i);

    const onDisk = await loadDataSet(root, input, { memoryBytes: 5 * 8 * 8 * 3 });

    expect(onDisk.gather(all)).toEqual(data.gather(all));
    expect(onDisk.digest).toBe(data.digest);
    onDisk.close();
    expect(() => onDisk.gather([0])).toThrow('EBADF');
  });

  it('has a digest that changes with names and bytes, and not with the order of labels', async () => {
    const before = await loadDataSet(root, input);
    const otherOrder = await loadDataSet(root, input, { labels: ['pear', 'apple'] });
    await rename(join(root, 'apple', '1-000.png'), join(root, 'apple', 'other.png'));
    const renamed = await loadDataSet(root, input);

    expect(before.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(otherOrder.digest).toBe(before.digest);
    expect(renamed.digest).not.toBe(before.digest);
  });

  it('ignores what operating systems leave behind, and follows links', async () => {
    await writeFile(join(root, '.DS_Store'), 'x');
    await writeFile(join(root, 'apple', '.DS_Store'), 'x');
    await writeFile(join(root, 'apple', 'Thumbs.db'), 'x');
    await mkdir(join(root, '.cache'));
    await rename(join(root, 'pear'), join(root, '.pears'));
    await symlink(join(root, '.pears'), join(root, 'pear'));

    const data = await loadDataSet(root, input);

    expect(data.size).toBe(6);
    expect(data.damaged).toEqual([]);
  });

  it('takes label names with spaces, dots within and Unicode', async () => {
    await makeImageFolder(root, { labels: ['Granny Smith', 'v1.5', 'Äpfel', '梨'], perLabel: 1, size: 8 });

    const data = await loadDataSet(root, input);

    expect(data.labels).toEqual(['Granny Smith', 'apple', 'pear', 'v1.5', 'Äpfel', '梨']);
  });

  it('names damaged images and goes on without them', async () => {
    await makeImageFolder(root, { labels: ['apple', 'pear'], perLabel: 20, size: 8 });
    await writeFile(join(root, 'apple', 'notes.png'), 'these are no pixels');
    const jpeg = await sharp({ create: { width: 99, height: 99, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    await writeFile(join(root, 'pear', 'cut.jpg'), jpeg.subarray(0, jpeg.length - 150));
    const seen: number[] = [];

    const data = await loadDataSet(root, input, { onProgress: (done) => seen.push(done) });

    expect(data.damaged.map(({ id }) => id)).toEqual(['apple/notes.png', 'pear/cut.jpg']);
    expect(data.damaged[0]!.reason).toContain('not a PNG, JPEG, WebP, GIF or AVIF');
    expect(data.damaged[1]!.reason).toContain('damaged or cut short');
    expect(data.size).toBe(seen.length - 2);
    expect(seen.at(-1)).toBe(seen.length);
  });

  it('refuses a data set with too many damaged images, naming some', async () => {
    await writeFile(join(root, 'apple', 'bad.png'), 'no pixels');

    await expect(loadDataSet(root, input)).rejects.toThrow(/1 of the 7 images .*"apple\/bad\.png"/);
    await expect(loadDataSet(root, input, { maxDamagedShare: 0.2 })).resolves.toMatchObject({ size: 6 });
  });

  it('refuses a class without readable images, whatever the share', async () => {
    await makeImageFolder(root, { labels: ['apple', 'pear'], perLabel: 20, size: 8 });
    await mkdir(join(root, 'plum'));
    await writeFile(join(root, 'plum', 'bad.png'), 'no pixels');

    await expect(loadDataSet(root, input)).rejects.toThrow('The class "plum"');
  });

  it.each([
    ['a missing folder', async () => join(root, 'nowhere'), 'There is no folder'],
    ['a file', async () => join(root, 'apple', '1-000.png'), 'This is a file'],
    ['an empty folder', async () => emptyFolder('empty'), 'is empty'],
    ['images without class folders', async () => join(root, 'apple'), 'no folder for each class'],
    ['a single class', async () => singleClass(), 'the single class "apple"'],
    ['an empty class', async () => rootWith('plum'), 'The class "plum"'],
    ['a nested class', async () => rootWith('apple/red'), 'a folder of its own, "red"'],
    ['a label with a backslash', async () => rootWith('a\\b'), 'cannot be a class'],
    ['a label with an outer space', async () => rootWith('plum '), 'no space at its start'],
    ['a label that programs lose', async () => rootWith('__proto__'), '"__proto__" is no label'],
    ['a class behind a broken link', async () => linkIn('plum'), '"plum" in "'],
    ['a link to itself', async () => linkIn('plum', 'plum'), 'is a link that cannot be followed'],
    ['a folder that is a broken link', async () => join(await linkIn('plum'), 'plum'), 'not there'],
    ['labels that differ in case', async () => rootWith('Apple'), 'The folders "Apple" and "apple"'],
    [
      'labels that differ in Unicode form',
      async () => {
        await emptyFolder('Äpfel'.normalize('NFD'));
        return rootWith('Äpfel');
      },
      `The folders ${JSON.stringify('Äpfel'.normalize('NFD'))} and "Äpfel"`,
    ],
  ])('refuses %s', async (_, prepare, message) => {
    const folder = await prepare();

    await expect(loadDataSet(folder, input)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  it('tells what lies beside the folders of the classes', async () => {
    await writeFile(join(root, 'labels.csv'), 'x');
    execFileSync('mkfifo', [join(root, 'pipe')]);

    expect((await loadDataSet(root, input)).beside).toEqual(['labels.csv', 'pipe']);
  });

  it('waits for no FIFO, reads no device to its end and follows no broken link, but names them', async () => {
    await makeImageFolder(root, { labels: ['apple', 'pear'], perLabel: 20, size: 8 });
    execFileSync('mkfifo', [join(root, 'apple', 'fifo.png')]);
    await symlink('/dev/zero', join(root, 'pear', 'endless.png'));
    await symlink(join(root, 'nowhere.png'), join(root, 'pear', 'gone.png'));

    const data = await loadDataSet(root, input);

    expect(data.damaged).toEqual([
      { id: 'apple/fifo.png', reason: 'it is a FIFO, not a file' },
      { id: 'pear/endless.png', reason: 'it is a device, not a file' },
      { id: 'pear/gone.png', reason: 'it is a link to something that is not there, not a file' },
    ]);
  });

  it('says how to rename a folder in decomposed Unicode', async () => {
    await emptyFolder('Äpfel'.normalize('NFD'));

    await expect(loadDataSet(root, input)).rejects.toMatchObject({
      message: expect.stringContaining('decomposed Unicode'),
      hint: expect.stringContaining('convmv'),
    });
  });

  it('names the folders that are missing and extra when labels are given', async () => {
    const loading = loadDataSet(root, input, { labels: ['apple', 'plum', 'quince'] });

    await expect(loading).rejects.toThrow(
      'no folder for "plum", "quince", and a folder but no label for "pear"',
    );
  });

  it('names a class with one image where two are needed', async () => {
    await rm(join(root, 'pear', '0-000.png'));
    await rm(join(root, 'pear', '0-001.png'));
    const data = await loadDataSet(root, input);

    expect(() => requireImagesPerClass(data, 2)).toThrow('The class "pear"');
    await expect(loadDataSet(root, input, { minimumPerClass: 2 })).rejects.toThrow('has only 1 image, and 2');
  });

  it('stops with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('asked to stop'));

    await expect(loadDataSet(root, input, { signal })).rejects.toThrow('asked to stop');
  });

  async function emptyFolder(name: string) {
    await mkdir(join(root, name), { recursive: true });
    return join(root, name);
  }

  async function linkIn(name: string, target = 'nowhere') {
    await symlink(join(root, target), join(root, name));
    return root;
  }

  async function rootWith(folder: string) {
    await emptyFolder(folder);
    return root;
  }

  async function singleClass() {
    await rm(join(root, 'pear'), { recursive: true });
    return root;
  }
});

describe('loadImages', () => {
  it('takes a missing folder for none, and a broken link for a mistake', async () => {
    const root = await mkdtemp(join(tmpdir(), 'graft-data-'));
    await symlink(join(root, 'nowhere'), join(root, 'other'));

    expect(await loadImages(join(root, 'none'), input)).toBeUndefined();
    await expect(loadImages(join(root, 'other'), input)).rejects.toThrow(
      'a link to something that is not there',
    );
    await rm(root, { recursive: true });
  });
});
