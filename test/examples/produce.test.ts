import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { domainSchema } from '#core/contracts/domain.ts';
import { parseJson } from '#core/parse.ts';
import { loadDataSet } from '#model/data-set.ts';
import { buildProduceData } from '../../examples/produce/build.ts';
import { generalClasses, PRODUCE } from '../../examples/produce/classes.ts';
import { ICON_SETS, openIconSet } from '../../examples/produce/icon-sets.ts';

const input = {
  height: 32,
  width: 32,
  channels: 3 as const,
  normalisation: { scale: 1 / 127.5, offset: -1 },
};
const small = {
  generalClasses: 3,
  generalPerClass: 5,
  produceTrainPerClass: 5,
  produceTestPerClass: 4,
};

describe('the data of the demonstration', () => {
  let parent: string;
  let out: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'graft-produce-'));
    out = join(parent, 'data');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is ordinary folders of images by label, and a domain that names them', async () => {
    const progress: number[] = [];
    const build = await buildProduceData({ ...small, out, onProgress: (done) => progress.push(done) });

    const general = await loadDataSet(join(out, 'general'), input);
    const domain = parseJson(
      domainSchema,
      await readFile(join(out, 'produce', 'domain.json'), 'utf8'),
      'domain.json',
    );
    const { labels } = domain;
    const train = await loadDataSet(join(out, 'produce', 'train'), input, { labels });
    const test = await loadDataSet(join(out, 'produce', 'test'), input, { labels });
    expect([general.size, train.size, test.size]).toEqual([15, 60, 48]);
    expect([general, train, test].flatMap(({ damaged }) => damaged)).toEqual([]);
    expect(build).toMatchObject({ cached: false, images: { general: 15, train: 60, test: 48 } });
    expect(progress.at(-1)).toBe(123);
    expect(await readdir(parent)).toEqual(['data']);
  });

  it('takes test images from icon sets that no training image comes from', async () => {
    await buildProduceData({ ...small, out });

    const sets = async (part: string) => {
      const files = await readdir(join(out, part), { recursive: true });
      const images = files.filter((file) => file.endsWith('.png'));
      return new Set(images.map((file) => file.replace(/^.*[\\/]/, '').replace(/-\d+\.png$/, '')));
    };
    const training = new Set([...(await sets('general')), ...(await sets('produce/train'))]);
    const test = await sets('produce/test');
    expect([...test].sort()).toEqual([...ICON_SETS.test].sort());
    expect([...test].filter((set) => training.has(set))).toEqual([]);
  });

  it('has no produce among the general classes, of which there are at least 100', () => {
    const classes = generalClasses(ICON_SETS.train.map(openIconSet));

    expect(classes.length).toBeGreaterThanOrEqual(100);
    expect(classes.filter((name) => (PRODUCE as readonly string[]).includes(name))).toEqual([]);
    const relatives = /apple|peach|mango|potato|pepper|melon|mushroom|corn|kiwi|avocado|salad|orange|berr/;
    expect(classes.filter((name) => relatives.test(name))).toEqual([]);
  });

  it('has enough test images for the gate of its domain', async () => {
    await buildProduceData({ out, generalClasses: 0, generalPerClass: 0 });

    const domain = parseJson(
      domainSchema,
      await readFile(join(out, 'produce', 'domain.json'), 'utf8'),
      'domain.json',
    );
    for (const label of domain.labels) {
      expect((await readdir(join(out, 'produce', 'train', label))).length).toBe(5);
      expect((await readdir(join(out, 'produce', 'test', label))).length).toBeGreaterThanOrEqual(20);
    }
    const test = await loadDataSet(join(out, 'produce', 'test'), input);
    expect(test.size).toBeGreaterThanOrEqual(domain.gate.minimumTestImages);
  });

  it('is the same for the same seed, and other photographs for another', async () => {
    const digest = async (folder: string, seed: number) => {
      await buildProduceData({ ...small, out: folder, seed });
      return (await loadDataSet(join(folder, 'general'), input)).digest;
    };

    const first = await digest(out, 1);

    expect(await digest(join(parent, 'again'), 1)).toBe(first);
    expect(await digest(join(parent, 'other'), 2)).not.toBe(first);
  });

  it('is not built twice, and built again when something else is asked for', async () => {
    await buildProduceData({ ...small, out });

    expect(await buildProduceData({ ...small, out })).toMatchObject({ cached: true });
    expect(await buildProduceData({ ...small, out, seed: 2 })).toMatchObject({ cached: false });
    expect(await buildProduceData({ ...small, out, seed: 1 })).toMatchObject({ cached: false });
  });

  it('leaves nothing behind when it is stopped, and replaces what a killed build left', async () => {
    const controller = new AbortController();
    const stopped = buildProduceData({
      ...small,
      out,
      onProgress: () => controller.abort(new Error('asked to stop')),
      signal: controller.signal,
    });
    await expect(stopped).rejects.toThrow('asked to stop');
    expect(await readdir(parent)).toEqual([]);

    // No process has this number: it is above the limit of every system.
    await mkdir(`${out}.partial-99999999`);
    await buildProduceData({ ...small, out });
    expect(await readdir(parent)).toEqual(['data']);
  });

  it('does not delete a folder that it did not build', async () => {
    await mkdir(out);
    await writeFile(join(out, 'thesis.txt'), 'years of work');

    await expect(buildProduceData({ ...small, out })).rejects.toThrow('holds files that this did not build');
    expect(await readFile(join(out, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('comes from packages whose licences allow it', () => {
    const licences = [...ICON_SETS.train, ...ICON_SETS.test].map((name) => openIconSet(name).licence);

    expect(licences).toEqual(['Apache-2.0', 'Apache-2.0', 'MIT', 'Apache-2.0', 'CC-BY-4.0', 'CC-BY-4.0']);
  });
});
