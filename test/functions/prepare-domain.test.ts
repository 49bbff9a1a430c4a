import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { championKey, domainSnapshotKey } from '#core/keys.ts';
import { createPrepareDomain } from '../../functions/prepare-domain.ts';
import { champion, domain, newerVersion, olderVersion, subject } from './samples.ts';
import { aSecondLater, buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const prepare = (changes: Partial<typeof subject & { chosen: boolean; manual: object }> = {}) =>
  createPrepareDomain(stage.services({ now: () => Date.now() + later }))({
    ...subject,
    chosen: false,
    ...changes,
  });

/** Milliseconds by which a function's clock is ahead. */
let later = 0;
/** Every test has a domain of its own, so that none sees what another left. */
let count = 0;
let name: string;
async function push(settings: object = {}, images?: string[]) {
  const inFolder =
    images ??
    ['apple', 'banana'].flatMap((label) =>
      [1, 2, 3].flatMap((n) => [`train/${label}/${n}.png`, `test/${label}/${n}.JPEG`]),
    );
  for (const image of inFolder) await stage.put(buckets.data, `domains/${name}/${image}`, `image ${image}`);
  await stage.put(buckets.data, `domains/${name}/domain.json`, { ...domain({ domain: name }), ...settings });
}
beforeEach(() => {
  name = `produce-${++count}`;
  later = 0;
});
const failure = (error: string, message: RegExp) => ({
  name: error,
  message: expect.stringMatching(message),
});

describe('prepare-domain', () => {
  test('returns all that the next states need, with defaults filled in', async () => {
    await push();

    const prepared = await prepare({ domain: name });

    expect(prepared).toMatchObject({
      resources: { instanceType: 'ml.c5.xlarge', spot: false, maxSeconds: 3600 },
      gate: { minimumTestImages: 4, maximumRegression: 0, significance: 0.05, maximumLatencyMs: 1000 },
      endpoint: {
        name: `graft-dev-${name}`,
        settings: { type: 'serverless', memoryMb: 2048, maxConcurrency: 10 },
      },
      images: { train: 6, test: 6 },
    });
    expect(prepared.jobs.transfer).toContain('transfer');
    expect(prepared.jobs.baseline).toContain('baseline');
    expect(await prepare({ domain: name })).toEqual(prepared);
  });

  test('takes the gate policy’s latency for an endpoint’s alarms without one of their own', async () => {
    const endpoint = { type: 'instances', instanceType: 'ml.c5.large', instanceCount: 2 };
    await push({ endpoint });

    expect((await prepare({ domain: name })).endpoint.settings).toEqual({
      ...endpoint,
      alarms: { maximumServerErrors: 0, maximumLatencyMs: 1000 },
    });
  });

  test('refuses a rollout in steps of one instance, by name', async () => {
    await push({ endpoint: { type: 'instances', instanceType: 'ml.c5.large', rollout: { type: 'canary' } } });

    await expect(prepare({ domain: name })).rejects.toMatchObject(
      failure('InvalidInput', /endpoint\.rollout\.type.*instanceCount/),
    );
  });

  test('counts the images of no class, where there are any', async () => {
    for (const file of ['1.png', '2.webp', '.DS_Store', '']) {
      await stage.put(buckets.data, `domains/${name}/other/${file}`, `other ${file}`);
    }
    await push();

    expect((await prepare({ domain: name })).images).toEqual({ train: 6, test: 6, other: 2 });
  });

  test('keeps this promotion’s own copy of domain.json', async () => {
    await push();
    await prepare({ domain: name });
    await push({ gate: 'changed meanwhile' });

    const key = domainSnapshotKey(subject.execution, name);
    expect(await stage.json(buckets.artifacts, key)).toEqual(domain({ domain: name }));
  });

  test('fails where there is no domain.json', async () => {
    await expect(prepare({ domain: 'nowhere' })).rejects.toMatchObject(failure('NotFound', /nowhere/));
  });

  test('refuses a folder whose name cannot be an endpoint’s', async () => {
    await expect(prepare({ domain: 'My Fruit' })).rejects.toMatchObject(failure('InvalidInput', /My Fruit/));
  });

  test.each([
    ['an unknown field', { colour: 1 }, /colour/],
    [
      'a policy without a threshold',
      { gate: { minimumAccuracy: 0.4 } },
      /gate\.minimumUplift.*gate\.minimumRecall/,
    ],
    ['one label', { labels: ['apple'] }, /labels.*two classes/],
    ['a label with a slash', { labels: ['apple', 'a/b'] }, /labels\.1.*slash/],
    ['another domain’s name', { domain: 'tools' }, /"tools".*folder "produce/],
  ])('refuses a domain.json with %s', async (_what, settings, message) => {
    await push(settings);

    await expect(prepare({ domain: name })).rejects.toMatchObject(failure('InvalidInput', message));
  });

  const whole = ['train/apple/1.png', 'train/apple/2.png', 'train/banana/1.png', 'train/banana/2.png'];
  const tested = ['apple', 'banana'].flatMap((label) => [1, 2, 3].map((n) => `test/${label}/${n}.png`));
  test.each([
    [
      'a folder that is no label',
      [...whole, ...tested, 'train/cherry/1.png'],
      /train\/cherry is not among the labels/,
    ],
    ['a label without a folder', [...whole.slice(0, 2), ...tested], /train\/banana has 0/],
    ['a class with one training image', [...whole.slice(1), ...tested], /train\/apple has 1 of at least 2/],
    [
      'a class without a test image',
      [...whole, ...tested.slice(3), 'test/banana/4.png', 'test/banana/5.png'],
      /test\/apple has 0/,
    ],
    [
      'fewer test images than its own policy asks for',
      [...whole, ...tested.slice(0, 1), ...tested.slice(4)],
      /test\/ has 3 .*minimumTestImages asks for 4/,
    ],
    [
      'files that are no images',
      ['train/apple/1.txt', 'train/apple/.DS_Store', ...whole.slice(2), ...tested],
      /train\/apple has 0/,
    ],
    [
      'labels below other',
      [...whole, ...tested, 'other/cherry/1.png', 'other/plum/1.png'],
      /other\/cherry is a folder.*other\/plum is a folder/,
    ],
    [
      'a folder below a label',
      [...whole, ...tested, 'train/apple/old/1.png'],
      /train\/apple has a folder of its own, "old"/,
    ],
    [
      'a label’s folder in other letters',
      [...whole, ...tested, 'train/Apple/1.png'],
      /train\/Apple is not among the labels, which have "apple": upper and lower case count/,
    ],
    [
      'more files that are no images than a training job would leave out',
      [...whole, ...tested, 'test/apple/notes', 'test/apple/list.csv'],
      /2 of the 8 files in test\/ are no PNG, JPEG, WebP, GIF or AVIF images.*: test\/apple\/list\.csv, test\/apple\/notes/,
    ],
    ['no images at all', [], /train\/apple has 0.*test\/banana has 0/],
  ])('refuses %s', async (_what, images, message) => {
    await push({}, images);

    await expect(prepare({ domain: name })).rejects.toMatchObject(failure('InvalidInput', message));
  });

  test('explains a folder name that differs from its label only in Unicode form', async () => {
    const images = [...whole, ...tested].map((image) => image.replace('banana', 'pa\u0303o'));
    await push({ labels: ['apple', 'p\u00e3o'] }, images);

    await expect(prepare({ domain: name })).rejects.toMatchObject(failure('InvalidInput', /NFC/));
  });

  test('accepts labels with spaces, dots and other scripts', async () => {
    const images = [...whole, ...tested].map((image) => image.replace('banana', 'りんご No. 2'));
    await push({ labels: ['apple', 'りんご No. 2'] }, images);

    await expect(prepare({ domain: name })).resolves.toMatchObject({ images: { train: 4, test: 6 } });
  });

  describe('before it causes any cost', () => {
    /** An image that came before `domain.json`, as all do where S3 cannot tell times apart. */
    const put = async (image: string, body: string) => {
      await stage.put(buckets.data, `domains/${name}/${image}`, body);
      await stage.put(buckets.data, `domains/${name}/domain.json`, domain({ domain: name }));
    };

    test('takes images newer than domain.json for an unfinished upload, and later for one in the wrong order', async () => {
      await push();
      await aSecondLater();
      await stage.put(buckets.data, `domains/${name}/train/apple/4.png`, 'late');

      await expect(prepare({ domain: name })).rejects.toMatchObject(
        failure('InvalidInput', /1 image is younger than domain\.json.*train\/apple\/4\.png.*aws s3 sync/),
      );
      later = 11 * 60_000;
      expect((await prepare({ domain: name })).warnings).toEqual([
        expect.stringMatching(/^1 image is younger than domain\.json.*put domain\.json there once more/),
      ]);
    });

    test('refuses test images that are training images too, naming them', async () => {
      await push();
      await put('test/apple/1.JPEG', 'image train/apple/2.png');

      await expect(prepare({ domain: name })).rejects.toMatchObject(
        failure(
          'InvalidInput',
          /1 image is in test\/ and in train\/ too.*: test\/apple\/1\.JPEG is train\/apple\/2\.png/,
        ),
      );
    });

    test('refuses an image in other/ that is also an image of a class, naming it', async () => {
      await push();
      await put('other/1.png', 'image test/banana/2.JPEG');

      await expect(prepare({ domain: name })).rejects.toMatchObject(
        failure('InvalidInput', /1 image is in other\/.*: other\/1\.png is test\/banana\/2\.JPEG/),
      );
    });

    test('warns of duplicates, contradictory labels and unbalanced classes', async () => {
      await push();
      await put('train/banana/again.png', 'image train/apple/1.png');
      for (let n = 0; n < 20; n++) await put(`train/apple/more-${n}.png`, `more ${n}`);

      expect((await prepare({ domain: name })).warnings).toEqual([
        expect.stringMatching(
          /^1 image is more than once .*train\/banana\/again\.png is train\/apple\/1\.png/,
        ),
        expect.stringMatching(/^1 image is under more than one label/),
        expect.stringMatching(/^train\/apple has 23 images and train\/banana 4/),
      ]);
    });

    test('warns of a class whose images are all too large for the endpoint, and refuses where that is every class', async () => {
      await push();
      const large = (n: number) => Buffer.alloc(4_194_304 + n).toString('latin1');
      for (const n of [1, 2, 3]) await put(`test/apple/${n}.JPEG`, large(n));

      expect((await prepare({ domain: name })).warnings).toEqual([
        expect.stringMatching(
          /no test image of at most 4194304 bytes.*apple \(test\/apple\/1\.JPEG: 4194305/,
        ),
      ]);
      for (const n of [1, 2, 3]) await put(`test/banana/${n}.JPEG`, large(n + 3));
      await expect(prepare({ domain: name })).rejects.toMatchObject(
        failure('InvalidInput', /every test image is larger .*test\/apple\/1\.JPEG/),
      );
    });

    test('has no warnings about good data', async () => {
      await push();

      expect(await prepare({ domain: name })).not.toHaveProperty('warnings');
    });

    test.each([
      [{ minimumAccuracy: 0.9 }, /even a model that is right about every one .*at least 35/],
      [{ minimumAccuracy: 1 }, /no number of test images can prove/],
      [{ significance: 0.01 }, /no gain over the baseline can be significant at 0\.01, .*at least 7/],
    ])('refuses a policy that six test images cannot satisfy: %j', async (policy, message) => {
      await push({ gate: { ...domain().gate, ...policy } });

      await expect(prepare({ domain: name })).rejects.toMatchObject(failure('InvalidInput', message));
    });

    test('gives the champion to the transfer job', async () => {
      const live = champion(olderVersion, { domain: name });
      await push();
      await stage.put(buckets.artifacts, championKey(name), live);
      await stage.put(buckets.artifacts, live.modelKey, 'archive');

      const { champion: offered } = await prepare({ domain: name });

      expect(offered).toEqual({
        trainingJob: live.trainingJob,
        version: olderVersion,
        modelKey: live.modelKey,
      });
      await stage.remove(buckets.artifacts, live.modelKey);
      expect(await prepare({ domain: name })).toMatchObject({
        champion: { trainingJob: live.trainingJob, modelKey: null },
        warnings: [expect.stringContaining(`${live.modelKey} is missing`)],
      });
    });
  });

  test('accepts an older model that a person forces, with a warning', async () => {
    await push();
    await stage.put(buckets.artifacts, championKey(name), champion(newerVersion, { domain: name }));
    const manual = { force: { by: 'jane', reason: 'the clock was fast' } };

    const { warnings } = await prepare({ domain: name, chosen: true, manual });

    expect(warnings).toContainEqual(
      expect.stringMatching(/^jane forces 20261123.* over 20261124.*\(the clock was fast\)/),
    );
  });

  test('takes a live version with a date in the future for as old as its promotion', async () => {
    await push();
    const live = (promotedAt: string) => champion('20361123T154200Z-ffffff', { domain: name, promotedAt });
    await stage.put(buckets.artifacts, championKey(name), live('2026-11-23T15:00:00.000Z'));
    await expect(prepare({ domain: name })).resolves.toBeDefined();

    await stage.put(buckets.artifacts, championKey(name), live('2026-11-23T16:00:00.000Z'));
    await expect(prepare({ domain: name })).rejects.toMatchObject({ name: 'Superseded' });
  });

  test.each([
    ['a newer one is live', newerVersion, false, 'Superseded'],
    ['a newer one is live, even if the domain was chosen', newerVersion, true, 'Superseded'],
    ['it is live already', subject.version, false, 'Superseded'],
    ['it is live already, but the domain was chosen', subject.version, true, undefined],
    ['an older one is live', olderVersion, false, undefined],
  ])('when %s', async (_what, live, chosen, error) => {
    await push();
    await stage.put(buckets.artifacts, championKey(name), champion(live, { domain: name }));

    const result = prepare({ domain: name, chosen });

    if (error === undefined) await expect(result).resolves.toBeDefined();
    else await expect(result).rejects.toMatchObject({ name: error });
  });
});
