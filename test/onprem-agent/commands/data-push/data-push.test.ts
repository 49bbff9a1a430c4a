import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { graft, spawnGraft } from '../../cli.ts';
import { startProxy } from '../../proxy.ts';

const labels = ['apple', 'crème brûlée 2.0'];
const gatePolicy = { minimumAccuracy: 0.5, minimumUplift: 0.1, minimumRecall: 0.2, minimumTestImages: 4 };
const gateOptions = [
  ...['--minimum-accuracy', '0.5', '--minimum-uplift', '0.1'],
  ...['--minimum-recall', '0.2', '--minimum-test-images', '4'],
];

let local: LocalAws;
let s3: S3Client;
let master: string;
let folder: string;
let bucket: string;
let count = 0;

beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
  master = await mkdtemp(join(tmpdir(), 'graft-domain-master-'));
  await makeImageFolder(join(master, 'train'), { labels, perLabel: 3 });
  await makeImageFolder(join(master, 'test'), { labels, perLabel: 3, seed: 2 });
  const domain = { schemaVersion: 1, domain: 'produce', labels, gate: gatePolicy };
  await writeFile(join(master, 'domain.json'), JSON.stringify(domain));
});
afterAll(async () => {
  await local.stop();
  await rm(master, { recursive: true, force: true });
});

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  vi.stubEnv('GRAFT_STATE', join(tmpdir(), `graft-data-state-${process.pid}`));
  folder = await mkdtemp(join(tmpdir(), 'graft-domain-'));
  await cp(master, folder, { recursive: true });
  bucket = `data-${++count}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const push = (...more: string[]) =>
  graft(['data', 'push', folder, '--domain', 'produce', '--bucket', bucket, '--json', ...more]);

async function keys(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key!);
}

async function read(key: string): Promise<Buffer> {
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from(await object.Body!.transformToByteArray());
}

const editDomain = async (edit: (domain: Record<string, unknown>) => void) => {
  const path = join(folder, 'domain.json');
  const domain = JSON.parse(await readFile(path, 'utf8'));
  edit(domain);
  await writeFile(path, JSON.stringify(domain));
};

/** Two images of a third class. */
async function addOthers() {
  await makeImageFolder(folder, { labels: [...labels, 'other'], perLabel: 2 });
  for (const label of labels) await rm(join(folder, label), { recursive: true });
}

describe('graft data push', () => {
  it('warns of nothing but the images, however many go at once', async () => {
    // Node 20 warns of the eleventh that listens to one signal; sixteen images go at once.
    await makeImageFolder(join(folder, 'train'), { labels, perLabel: 30, seed: 3 });
    const words = ['data', 'push', folder, '--domain', 'produce', '--bucket', bucket];
    const { code, stderr } = await spawnGraft(words).done;

    expect(code).toBe(0);
    expect(stderr).toContain('66 images uploaded');
    expect(stderr).not.toMatch(/\(node:\d+\)/);
  });

  it('uploads every image under its label, and domain.json last and byte for byte', async () => {
    const proxy = await startProxy(local.endpoint);

    const run = await push('--endpoint-url', proxy.url);
    await proxy.stop();

    expect(run.last).toMatchObject({ ok: true, domain: 'produce', labels: 2, images: 12, uploaded: 12 });
    expect(run.code).toBe(0);
    const found = await keys();
    expect(found).toHaveLength(13);
    expect(found).toContain('domains/produce/train/crème brûlée 2.0/1-002.png');
    const puts = proxy.seen.filter(({ method }) => method === 'PUT');
    expect(puts.at(-1)!.path).toContain('/domains/produce/domain.json');
    const original = await readFile(join(folder, 'domain.json'));
    expect((await read('domains/produce/domain.json')).equals(original)).toBe(true);
    const image = await readFile(join(folder, 'test/apple/0-001.png'));
    expect((await read('domains/produce/test/apple/0-001.png')).equals(image)).toBe(true);
  });

  it('uploads images of none of the classes where there are any, and notices when one is new', async () => {
    await addOthers();

    const run = await push();

    expect(run.last).toMatchObject({ ok: true, images: 14, uploaded: 14, committed: true });
    expect(await keys()).toContain('domains/produce/other/2-000.png');
    await copyFile(join(folder, 'other/2-000.png'), join(folder, 'other/again.png'));
    expect((await push()).last).toMatchObject({
      uploaded: 1,
      committed: true,
      warnings: [expect.stringMatching(/other\/again\.png is other\/2-000\.png/)],
    });
  });

  it('makes a domain.json from options where there is none', async () => {
    await rm(join(folder, 'domain.json'));

    const run = await push(...gateOptions);

    expect(run.code).toBe(0);
    const written = JSON.parse((await read('domains/produce/domain.json')).toString());
    expect(written).toEqual({ schemaVersion: 1, domain: 'produce', labels, gate: gatePolicy });
  });

  it('sends only what changed, removes nothing, and says what stays', async () => {
    await push();
    await copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'train/apple/0-001.png'));
    await rm(join(folder, 'train/apple/0-002.png'));

    const run = await push();

    expect(run.last).toMatchObject({ ok: true, images: 11, uploaded: 1 });
    expect(run.events.find(({ extra }) => extra !== undefined).extra).toEqual([
      'domains/produce/train/apple/0-002.png',
    ]);
    expect(await keys()).toHaveLength(13);
  });

  it('starts nothing when it is run again and nothing is new', async () => {
    await push();
    const proxy = await startProxy(local.endpoint);

    const run = await push('--endpoint-url', proxy.url);
    await proxy.stop();

    expect(run.last).toMatchObject({ ok: true, uploaded: 0, committed: false });
    expect(proxy.seen.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'an image has changed',
      () => copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'train/apple/0-001.png')),
    ],
    ['a setting has changed', () => editDomain((domain) => Object.assign(domain, { recipe: { seed: 2 } }))],
    ['an image is left in the bucket only', () => rm(join(folder, 'train/apple/0-002.png'))],
    [
      'an image has been removed from the bucket',
      async () => {
        await s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: 'domains/produce/train/apple/x.png', Body: 'x' }),
        );
        await push();
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'domains/produce/train/apple/x.png' }));
      },
    ],
    [
      'an earlier push was cut off after its last image',
      async () => {
        await copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'train/apple/0-001.png'));
        const image = await readFile(join(folder, 'train/apple/0-001.png'));
        const Key = 'domains/produce/train/apple/0-001.png';
        await s3.send(
          new PutObjectCommand({ Bucket: bucket, Key, Body: image, ChecksumAlgorithm: 'SHA256' }),
        );
      },
    ],
  ])('commits again where %s', async (_what, change) => {
    await push();
    await change();

    const run = await push();

    expect(run.last).toMatchObject({ ok: true, committed: true });
    expect((await push()).last).toMatchObject({ committed: false });
  });

  it('names a damaged image and leaves it out', async () => {
    const image = await readFile(join(folder, 'train/apple/0-000.png'));
    for (let n = 0; n < 10; n++) {
      const raw = await sharp(image)
        .negate()
        .modulate({ hue: n * 30 })
        .png()
        .toBuffer();
      await writeFile(join(folder, `train/apple/more-${n}.png`), raw);
    }
    const jpeg = await sharp(image).resize(200, 200).jpeg().toBuffer();
    await writeFile(join(folder, 'train/apple/cut.jpg'), jpeg.subarray(0, jpeg.length / 2));

    const run = await push();

    expect(run.code).toBe(0);
    expect(run.last.damaged).toMatchObject([{ id: 'train/apple/cut.jpg' }]);
    expect(await keys()).not.toContain('domains/produce/train/apple/cut.jpg');
  });
});

describe('graft data push of a folder that was pushed before', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  /** Files that are younger than two seconds could change without looking different. */
  const later = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  const again = async () => {
    proxy.seen.splice(0);
    return push('--endpoint-url', proxy.url);
  };
  const knownImages = async () =>
    (await readdir(join(process.env.GRAFT_STATE!, 'data'))).filter((name) => name.endsWith('.images'));
  beforeEach(async () => {
    proxy = await startProxy(local.endpoint);
    await rm(process.env.GRAFT_STATE!, { recursive: true, force: true });
    later();
    await push('--endpoint-url', proxy.url);
    return async () => {
      vi.useRealTimers();
      await proxy.stop();
    };
  });

  it('reads no image and looks at none in the bucket where nothing has changed', async () => {
    const run = await again();

    expect(run.last).toMatchObject({ ok: true, images: 12, uploaded: 0, committed: false });
    expect(run.events.filter(({ of }) => of === 'check')).toEqual([]);
    expect(
      proxy.seen.filter(({ method }) => method !== 'GET').map(({ method, path }) => [method, path]),
    ).toEqual([['HEAD', `/${bucket}/domains/produce/domain.json`]]);
    expect(proxy.seen.every(({ method, path }) => method === 'HEAD' || path.includes('list-type=2'))).toBe(
      true,
    );
  });

  it('sends what is new, and asks S3 for no other image', async () => {
    await copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'train/apple/0-001.png'));

    expect((await again()).last).toMatchObject({ uploaded: 1, committed: true });

    const asked = proxy.seen
      .filter(({ method }) => method === 'HEAD')
      .map(({ path }) => path.split('/').at(-1));
    expect(asked).toEqual(expect.not.arrayContaining(['0-000.png', '0-002.png']));
  });

  it('notices what another tool has written over in the bucket', async () => {
    const image = await readFile(join(folder, 'test/apple/0-001.png'));
    image[image.length - 20]! ^= 1;
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'domains/produce/test/apple/0-001.png', Body: image }),
    );

    expect((await again()).last).toMatchObject({ uploaded: 1, committed: true });
    expect(await read('domains/produce/test/apple/0-001.png')).toEqual(
      await readFile(join(folder, 'test/apple/0-001.png')),
    );
  });

  it('reads only images that are new or changed, and remembers which ones look the same', async () => {
    const jpeg = await sharp(join(folder, 'train/apple/0-000.png')).resize(40).jpeg().toBuffer();
    await writeFile(join(folder, 'test/apple/again.jpg'), jpeg);
    later();
    const same = 'test/apple/again.jpg looks like train/apple/0-000.png';
    expect((await again()).last.warnings).toContainEqual(expect.stringContaining(same));
    // What is known of an image is believed as long as its file looks the same.
    const known = join(process.env.GRAFT_STATE!, 'data', (await knownImages()).at(0)!);
    const lines = (await readFile(known, 'utf8')).split('\n');
    const untouched = lines.findIndex((line) => line.includes('train%2Fapple%2F0-002.png'));
    lines[untouched] = lines[untouched]!.replace(/ [0-9a-f]{64} /, ` ${'0'.repeat(64)} `);
    await writeFile(known, lines.join('\n'));
    await copyFile(join(folder, 'train/apple/0-001.png'), join(folder, 'train/apple/new.png'));

    const run = await again();

    expect(run.last.message).toMatch(/"[^"]*train\/apple\/0-002\.png" has changed since it was checked/);
    lines[untouched] = 'damaged';
    await writeFile(known, lines.join('\n'));
    expect((await again()).last).toMatchObject({
      ok: true,
      warnings: expect.arrayContaining([expect.stringContaining(same)]),
    });
  });

  it('keeps what it has read when it refuses', async () => {
    await copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'test/apple/0-000.png'));
    await copyFile(join(folder, 'train/apple/0-001.png'), join(folder, 'train/apple/new.png'));
    later();
    expect((await again()).last.message).toMatch(/in test\/ and in train\/ too/);

    const known = await readFile(
      join(process.env.GRAFT_STATE!, 'data', (await knownImages()).at(0)!),
      'utf8',
    );

    expect(known.split('\n').filter((line) => /"(train|test)%2F/.test(line))).toHaveLength(13);
    expect(known).toContain('"train%2Fapple%2Fnew.png"');
  });

  it('makes a damaged index anew, with a word', async () => {
    const indices = join(process.env.GRAFT_STATE!, 'data');
    for (const name of await readdir(indices)) await writeFile(join(indices, name), '{"schemaVersion":1}');

    const run = await again();

    expect(run.last).toMatchObject({ ok: true, uploaded: 0, committed: false });
    expect(run.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        message: expect.stringMatching(/index .* is not valid.*made anew/),
      }),
    );
    expect((await again()).events.filter(({ event }) => event === 'warning')).toEqual([]);
  });
});

describe('graft data push warns of', () => {
  const warningsAfter = async (change: () => Promise<unknown>) => {
    await change();
    const run = await push();
    expect(run.code).toBe(0);
    expect(run.events.filter(({ event }) => event === 'warning').map(({ message }) => message)).toEqual(
      run.last.warnings,
    );
    return (run.last.warnings as string[]).filter((warning) => !warning.includes('flatters'));
  };
  const copy = (from: string, to: string) => () => copyFile(join(folder, from), join(folder, to));

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an image that is twice in a class',
      copy('train/apple/0-000.png', 'train/apple/again.png'),
      /^1 image is more than once within .*: train\/apple\/again\.png is train\/apple\/0-000\.png$/,
    ],
    [
      'folders that are not used',
      async () => {
        for (const name of ['validation', 'Test', '@eaDir']) await mkdir(join(folder, name));
      },
      /^Only train\/, test\/, other\/ and domain\.json of .*; left out are: Test, validation$/,
    ],
    [
      'files beside the folders of the classes',
      () => writeFile(join(folder, 'train', 'list.csv'), 'x'),
      /^1 file lies beside the folders of the classes in train\/, and is left out: list\.csv$/,
    ],
    [
      'classes out of balance',
      async () => {
        await makeImageFolder(join(folder, 'train'), { labels: labels.slice(0, 1), perLabel: 16, seed: 3 });
      },
      /^train\/apple has 16 images and train\/crème brûlée 2\.0 3, more than 5 times fewer/,
    ],
  ])('%s', async (_what, change, message) => {
    expect(await warningsAfter(change)).toEqual([expect.stringMatching(message)]);
  });

  it('an image under two labels', async () => {
    const warnings = await warningsAfter(copy('train/apple/0-000.png', `train/${labels[1]}/0-000.png`));

    expect(warnings).toEqual([
      expect.stringMatching(/more than once/),
      expect.stringMatching(/under more than one label: train\/crème/),
    ]);
  });

  it('a test image that is a training image, stored again', async () => {
    const jpeg = await sharp(join(folder, 'train/apple/0-000.png')).resize(40).jpeg().toBuffer();
    await writeFile(join(folder, 'test/apple/again.jpg'), jpeg);

    const run = await push();

    expect(run.last.warnings).toContainEqual(
      expect.stringMatching(/flatters the accuracy: .*test\/apple\/again\.jpg looks like train\/apple/),
    );
  });
});

describe('graft data push refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a folder that is not there', () => rm(join(folder, 'train'), { recursive: true }), /train/],
    [
      'an empty folder',
      async () => {
        await rm(join(folder, 'train'), { recursive: true });
        await mkdir(join(folder, 'train'));
      },
      /train" is empty/,
    ],
    ['a class without a folder', () => rm(join(folder, 'test/apple'), { recursive: true }), /apple/],
    [
      'a folder without a class',
      () => rename(join(folder, 'train/apple'), join(folder, 'train/pear')),
      /pear|apple/,
    ],
    [
      'a class without training images',
      async () => {
        for (const name of await readdir(join(folder, 'train/apple')))
          await rm(join(folder, 'train/apple', name));
      },
      /"apple" in .*train" has no images/,
    ],
    [
      'text files named .png',
      async () => {
        for (const name of await readdir(join(folder, 'train/apple'))) {
          await writeFile(join(folder, 'train/apple', name), 'hello');
        }
      },
      /"apple\/0-000\.png": it is not a PNG, JPEG, WebP, GIF or AVIF image/,
    ],
    [
      'a 40-megapixel image',
      async () => {
        const create = { width: 8000, height: 5000, channels: 3, background: 'red' } as const;
        await sharp({ create }).png().toFile(join(folder, 'train/apple/0-000.png'));
      },
      /40\.0 megapixels/,
    ],
    [
      'an image that is both in train and test',
      () => copyFile(join(folder, 'train/apple/0-000.png'), join(folder, 'test/apple/0-000.png')),
      /1 image is in test\/ and in train\/ too.*: test\/apple\/0-000\.png is train\/apple\/0-000\.png/,
    ],
    [
      'an image of none of the classes that is one of them all the same',
      async () => {
        await addOthers();
        await copyFile(join(folder, 'test/apple/0-000.png'), join(folder, 'other/apple.png'));
      },
      /1 image is in other\/.*: other\/apple\.png is test\/apple\/0-000\.png/,
    ],
    [
      'labels below other',
      async () => {
        await makeImageFolder(join(folder, 'other'), { labels: ['pear'], perLabel: 1 });
      },
      /other" has a folder of its own, "pear"/,
    ],
    ['an empty folder other', () => mkdir(join(folder, 'other')), /other" is empty/],
    [
      'a domain.json that is a broken link',
      async () => {
        await rm(join(folder, 'domain.json'));
        await symlink(join(folder, 'nowhere'), join(folder, 'domain.json'));
      },
      /domain\.json" cannot be read: it is a link to something that is not there/,
    ],
    [
      'a domain.json that never ends',
      async () => {
        await rm(join(folder, 'domain.json'));
        await symlink('/dev/zero', join(folder, 'domain.json'));
      },
      /domain\.json" cannot be read: it is a device/,
    ],
    [
      'a class that is a broken link',
      async () => {
        await rm(join(folder, 'train/apple'), { recursive: true });
        await symlink(join(folder, 'nowhere'), join(folder, 'train/apple'));
      },
      /"apple" in .* is a link that cannot be followed/,
    ],
    [
      'labels that differ in case only',
      () => editDomain((domain) => Object.assign(domain, { labels: ['apple', 'Apple'] })),
      /"apple" and "Apple" differ in upper and lower case only/,
    ],
    ['domain.json that is no JSON', () => writeFile(join(folder, 'domain.json'), '{'), /is not JSON/],
    [
      'an unknown field',
      () => editDomain((domain) => Object.assign(domain, { minimumAcuracy: 0.5 })),
      /minimumAcuracy/,
    ],
    ['a missing threshold', () => editDomain((domain) => delete (domain as { gate?: unknown }).gate), /gate/],
    [
      'a label with a slash',
      () => editDomain((domain) => Object.assign(domain, { labels: ['a/b', 'apple'] })),
      /labels.*slash/,
    ],
    [
      'another domain',
      () => editDomain((domain) => Object.assign(domain, { domain: 'cars' })),
      /is of domain "cars", not of "produce"/,
    ],
    [
      'fewer test images than the gate wants',
      () => editDomain((domain) => Object.assign(domain, { gate: { ...gatePolicy, minimumTestImages: 7 } })),
      /6 images in all, gate\.minimumTestImages asks for 7/,
    ],
    [
      'too few test images for the accuracy to be shown',
      () => editDomain((domain) => Object.assign(domain, { gate: { ...gatePolicy, minimumAccuracy: 0.9 } })),
      /not shown to reach gate\.minimumAccuracy 0\.9 with 95 % confidence, which takes at least 35/,
    ],
  ])('%s, before anything is sent', async (_what, spoil, message) => {
    await spoil();

    const run = await push();

    expect(run.last.message).toMatch(message);
    expect(run.code).toBe(1);
    expect(await keys()).toEqual([]);
  });

  it('a single class', async () => {
    await rm(join(folder, 'domain.json'));
    await rm(join(folder, 'train/apple'), { recursive: true });

    const run = await push(...gateOptions);

    expect(run.last.message).toMatch(/single class/);
    expect(run.last.hint).toMatch(/at least two/);
  });

  it('thresholds that are not set, naming every option', async () => {
    await rm(join(folder, 'domain.json'));

    const run = await push('--minimum-accuracy', '0.5');

    expect(run.code).toBe(2);
    expect(run.last.message).toContain('--minimum-uplift, --minimum-recall, --minimum-test-images');
  });

  it('options that domain.json would silence', async () => {
    const run = await push('--minimum-accuracy', '0.9');

    expect(run.code).toBe(2);
    expect(run.last.message).toContain('--minimum-accuracy would be ignored');
  });
});
