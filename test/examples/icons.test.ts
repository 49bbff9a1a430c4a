import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domainSchema } from '#core/contracts/domain.ts';
import { parseJson } from '#core/parse.ts';
import { loadDataSet, loadImages } from '#model/data/data-set.ts';
import { networkInput } from '#model/network/input.ts';
import { type ExampleDomain, withImagesPerClass } from '../../examples/icons/domains/example-domain.ts';
import { DOMAINS } from '../../examples/icons/domains/index.ts';
import { PRODUCE } from '../../examples/icons/domains/produce.ts';
import { VEHICLES } from '../../examples/icons/domains/vehicles.ts';
import { generalClasses, otherThings } from '../../examples/icons/general.ts';
import { buildIconData } from '../../examples/icons/icon-data.ts';
import { ICON_SETS, openIconSet } from '../../examples/icons/icon-sets.ts';

const input = networkInput(32);
const fewOthers = (domain: ExampleDomain) => ({ ...domain, otherImages: 6 });
const small = {
  generalClasses: 3,
  generalPerClass: 5,
  domains: [fewOthers(withImagesPerClass(PRODUCE, 5, 4)), fewOthers(withImagesPerClass(VEHICLES, 2, 3))],
};
/** Where the images are of no interest. */
const tiny = { generalClasses: 2, generalPerClass: 2, domains: [] };

describe('the data of the demonstration', () => {
  /** Where the small build is. */
  let built: string;
  const progress: number[] = [];
  let build: Awaited<ReturnType<typeof buildIconData>>;
  beforeAll(async () => {
    built = join(await mkdtemp(join(tmpdir(), 'graft-icons-built-')), 'data');
    build = await buildIconData({ ...small, out: built, onProgress: (done) => progress.push(done) });
  });
  afterAll(() => rm(dirname(built), { recursive: true, force: true }));

  let parent: string;
  let out: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'graft-icons-'));
    out = join(parent, 'data');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const readDomain = async (folder: string, name: string) =>
    parseJson(domainSchema, await readFile(join(folder, name, 'domain.json'), 'utf8'), 'domain.json');

  it('is ordinary folders of images by label, and domains that name them', async () => {
    const general = await loadDataSet(join(built, 'general'), input);
    expect(general).toMatchObject({ size: 15, damaged: [] });
    const sizes = {
      produce: { train: 60, test: 48, other: 6 },
      vehicles: { train: 28, test: 42, other: 6 },
    };
    for (const [name, expected] of Object.entries(sizes)) {
      const { labels } = await readDomain(built, name);
      const train = await loadDataSet(join(built, name, 'train'), input, { labels });
      const test = await loadDataSet(join(built, name, 'test'), input, { labels });
      const other = (await loadImages(join(built, name, 'other'), input))!;
      expect({ train: train.size, test: test.size, other: other.size }).toEqual(expected);
      expect([...train.damaged, ...test.damaged, ...other.damaged]).toEqual([]);
    }
    expect(build).toMatchObject({ cached: false, images: { general: 15, domains: sizes } });
    expect(progress.at(-1)).toBe(15 + 60 + 48 + 28 + 42 + 2 * 6);
    expect(await readdir(dirname(built))).toEqual(['data']);
  });

  it('takes test images from icon sets that no training image comes from', async () => {
    const sets = async (part: string) => {
      const files = await readdir(join(built, part), { recursive: true });
      const images = files.filter((file) => file.endsWith('.png'));
      return new Set(images.map((file) => file.replace(/^.*[\\/]/, '').replace(/-\d+\.png$/, '')));
    };
    const tests = new Set<string>();
    const trainingSets = await sets('general');
    for (const { name } of small.domains) {
      for (const set of await sets(join(name, 'train'))) trainingSets.add(set);
      for (const set of await sets(join(name, 'test'))) tests.add(set);
    }
    expect([...tests].sort()).toEqual([...ICON_SETS.test].sort());
    expect([...tests].filter((set) => trainingSets.has(set))).toEqual([]);
  });

  it('has nothing of the domains among the general classes, of which there are at least 100', () => {
    const things = generalClasses(ICON_SETS.train.map(openIconSet));

    expect(things.length).toBeGreaterThanOrEqual(100);
    const labels = DOMAINS.flatMap(({ trainingImages }) => Object.keys(trainingImages));
    expect(things.filter((name) => labels.includes(name))).toEqual([]);
    const relatives = [
      /apple|peach|mango|potato|pepper|melon|mushroom|corn|kiwi|avocado|salad|orange|berr/,
      /(^|-)(car|truck|lorry|automobile|van|bike|scooter|train|tram|railway|boat|canoe|ferry|plane|wheel)(-|$)/,
    ];
    expect(things.filter((name) => relatives.some((relative) => relative.test(name)))).toEqual([]);
  });

  it('asks about things that neither the general data set nor any domain has', () => {
    const sets = { train: ICON_SETS.train.map(openIconSet), test: ICON_SETS.test.map(openIconSet) };
    const others = otherThings(sets.train, sets.test);

    expect(others.length).toBeGreaterThanOrEqual(100);
    const known = [
      ...generalClasses(sets.train),
      ...DOMAINS.flatMap((one) => Object.keys(one.trainingImages)),
    ];
    expect(others.filter((name) => known.includes(name))).toEqual([]);
  });

  it('draws every class of a domain in at least three training sets and all test sets', () => {
    const sets = { train: ICON_SETS.train.map(openIconSet), test: ICON_SETS.test.map(openIconSet) };

    for (const label of DOMAINS.flatMap(({ trainingImages }) => Object.keys(trainingImages))) {
      expect(sets.train.filter((set) => set.has(label)).length, label).toBeGreaterThanOrEqual(3);
      expect(sets.test.filter((set) => set.has(label)).length, label).toBe(2);
    }
  });

  it('has the images that each domain says, enough of them for its gate', async () => {
    await buildIconData({ out, generalClasses: 0 });

    for (const { name, trainingImages } of DOMAINS) {
      const domain = await readDomain(out, name);
      expect(domain.labels).toEqual(Object.keys(trainingImages));
      for (const [label, count] of Object.entries(trainingImages)) {
        expect((await readdir(join(out, name, 'train', label))).length, label).toBe(count);
        expect((await readdir(join(out, name, 'test', label))).length).toBeGreaterThanOrEqual(20);
      }
      const test = await loadDataSet(join(out, name, 'test'), input);
      expect(test.size).toBeGreaterThanOrEqual(domain.gate.minimumTestImages);
    }
  });

  it('has one domain with as many images of each class, and one with between 3 and 30', () => {
    const [even, uneven] = [PRODUCE, VEHICLES].map(({ trainingImages }) => Object.values(trainingImages));

    expect([Math.min(...even!), Math.max(...even!)]).toEqual([5, 5]);
    expect([Math.min(...uneven!), Math.max(...uneven!)]).toEqual([3, 30]);
  });

  it('photographs the domains under different conditions', async () => {
    const produce = fewOthers(withImagesPerClass(PRODUCE, 1, 1));
    const elsewhere = { ...produce, conditions: VEHICLES.conditions };
    const digest = async (name: string, domain: ExampleDomain) => {
      const folder = join(parent, name);
      await buildIconData({ out: folder, generalClasses: 0, domains: [domain] });
      return (await loadDataSet(join(folder, 'produce', 'train'), input)).digest;
    };

    expect(await digest('elsewhere', elsewhere)).not.toBe(await digest('here', produce));
  });

  it('is the same for the same seed, and other photographs for another', async () => {
    const digest = async (folder: string, seed: number) => {
      await buildIconData({ ...tiny, out: folder, seed });
      return (await loadDataSet(join(folder, 'general'), input)).digest;
    };

    const first = await digest(out, 1);

    expect(await digest(join(parent, 'again'), 1)).toBe(first);
    expect(await digest(join(parent, 'other'), 2)).not.toBe(first);
  });

  it('is not built twice, and built again when something else is asked for', async () => {
    await buildIconData({ ...tiny, out });

    expect(await buildIconData({ ...tiny, out })).toMatchObject({ cached: true });
    expect(await buildIconData({ ...tiny, out, seed: 2 })).toMatchObject({ cached: false });
    expect(await buildIconData({ ...tiny, out, seed: 1 })).toMatchObject({ cached: false });
  });

  it('leaves nothing behind when it is stopped, and replaces what a killed build left', async () => {
    const controller = new AbortController();
    const stopped = buildIconData({
      ...tiny,
      out,
      onProgress: () => controller.abort(new Error('asked to stop')),
      signal: controller.signal,
    });
    await expect(stopped).rejects.toThrow('asked to stop');
    expect(await readdir(parent)).toEqual([]);

    // No process has this number: it is above the limit of every system.
    await mkdir(`${out}.partial-99999999`);
    await buildIconData({ ...tiny, out });
    expect(await readdir(parent)).toEqual(['data']);
  });

  it('does not delete a folder that it did not build', async () => {
    await mkdir(out);
    await writeFile(join(out, 'thesis.txt'), 'years of work');

    await expect(buildIconData({ ...tiny, out })).rejects.toThrow('holds files that this did not build');
    expect(await readFile(join(out, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('comes from packages whose licences allow it', () => {
    const licences = [...ICON_SETS.train, ...ICON_SETS.test].map((name) => openIconSet(name).licence);

    expect(licences).toEqual(['Apache-2.0', 'Apache-2.0', 'MIT', 'Apache-2.0', 'CC-BY-4.0', 'CC-BY-4.0']);
  });
});
