import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { domainSchema } from '#core/contracts/domain.ts';
import { networkInput } from '#model/network/input.ts';
import { optMl } from '../../container/opt-ml.ts';
import { readImages } from '../../container/train/read-images.ts';
import { createPrepareDomain } from '../../functions/prepare-domain.ts';
import { checkDomainImages } from '../../onprem-agent/commands/data-push/domain-images.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

const labels = ['apple', 'constructor'];
const domain = domainSchema.parse({
  schemaVersion: 1,
  domain: 'produce',
  labels,
  gate: { minimumAccuracy: 0.5, minimumUplift: 0.1, minimumRecall: 0.2, minimumTestImages: 4 },
});
const signal = new AbortController().signal;

let stage: Stage;
let folder: string;
beforeAll(async () => {
  stage = await startStage();
  folder = await mkdtemp(join(tmpdir(), 'graft-hostile-'));
  await makeHostileFolder();
});
afterAll(async () => {
  await stage.stop();
  await rm(folder, { recursive: true, force: true });
});

/**
 * 16 + 4 images in `train/` and `test/` each, one file that is no image, 3 images in `other/`, and the files
 * that network storage and three operating systems add.
 */
async function makeHostileFolder() {
  for (const [part, seed] of [
    ['train', 1],
    ['test', 2],
  ] as const) {
    await makeImageFolder(join(folder, part), { labels, perLabel: 8, seed, style: 'noisy' });
    const jpeg = await anImage(part, 100).jpeg().toBuffer();
    await write(`${part}/apple/camera.jfif`, jpeg);
    await write(`${part}/apple/without-an-ending`, await anImage(part, 120).jpeg().toBuffer());
    await write(`${part}/constructor/picture.txt`, await anImage(part, 140).webp().toBuffer());
    await write(`${part}/constructor/UPPER.PNG`, await anImage(part, 160).png().toBuffer());
    await write(`${part}/constructor/notes.txt`, 'bought on Monday');
    await write(`${part}/readme.txt`, 'beside the folders');
    for (const place of [part, `${part}/apple`]) {
      await write(`${place}/._camera.jfif`, '\x00\x05\x16\x07');
      await write(`${place}/.DS_Store`, 'x');
      await write(`${place}/Thumbs.db`, jpeg);
      await write(`${place}/desktop.ini`, '[.ShellClassInfo]');
      await write(`${place}/@eaDir/camera.jfif/SYNOPHOTO_THUMB_M.jpg`, jpeg);
      await write(`${place}/#recycle/old.png`, jpeg);
      await write(`${place}/$RECYCLE.BIN/S-1-5/old.png`, jpeg);
      await write(`${place}/System Volume Information/x.jpg`, jpeg);
      await write(`${place}/lost+found/1.jpg`, jpeg);
    }
  }
  for (const [i, name] of ['1', '2.jfif', '3.webp', 'Thumbs.db'].entries()) {
    await write(
      `other/${name}`,
      await anImage('other', 20 + 50 * i)
        .webp()
        .toBuffer(),
    );
  }
}

function anImage(part: string, level: number) {
  const background = { r: level, g: part.length * 30, b: 255 - level };
  return sharp({ create: { width: 20, height: 20, channels: 3, background } });
}

async function write(path: string, content: string | Uint8Array) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** As `aws s3 sync` does it. */
async function sync() {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await stage.put(buckets.data, `domains/produce/${path.slice(folder.length + 1)}`, await readFile(path));
  }
  await stage.put(buckets.data, 'domains/produce/domain.json', domain);
}

const prepare = () => createPrepareDomain(stage.services())({ ...subject, chosen: false });

/** As SageMaker hands the bucket's folders to a training job. */
async function container() {
  const root = await mkdtemp(join(tmpdir(), 'graft-job-'));
  try {
    await mkdir(join(root, 'input', 'data'), { recursive: true });
    await cp(folder, join(root, 'input', 'data'), { recursive: true });
    const images = await readImages(optMl(root), { domain }, networkInput(16), signal);
    images.close();
    return images;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Nothing is known of any image. */
const anew = { known: new Map(), onImage() {}, onProgress() {}, onCompare() {} };

describe('the same folder of images', () => {
  test('has the same images for the agent, for PrepareDomain and for a training job', async () => {
    await sync();

    const agent = await checkDomainImages(folder, domain, { ...anew, signal });
    const prepared = await prepare();
    const job = await container();

    const count = (part: string) => agent.images.filter((image) => image.part === part).length;
    const counts = { train: 20, test: 20, other: 3 };
    expect({ train: count('train'), test: count('test'), other: count('other') }).toEqual(counts);
    expect(prepared.images).toEqual(counts);
    expect({ train: job.train.size, test: job.test.size, other: job.other!.size }).toEqual(counts);
    const isDamaged = [
      {
        id: 'train/constructor/notes.txt',
        reason: expect.stringMatching(/not a PNG, JPEG, WebP, GIF or AVIF/),
      },
      {
        id: 'test/constructor/notes.txt',
        reason: expect.stringMatching(/not a PNG, JPEG, WebP, GIF or AVIF/),
      },
    ];
    expect(agent.damaged).toEqual(isDamaged);
    expect(job.damaged).toHaveLength(2);
    const beside = ['train', 'test'].map(
      (part) => `1 file lies beside the folders of the classes in ${part}/, and is left out: readme.txt`,
    );
    expect(agent.warnings).toEqual(expect.arrayContaining(beside));
    expect(prepared.warnings).toEqual(
      expect.arrayContaining([...beside, expect.stringMatching(/left out: train\/constructor\/notes\.txt$/)]),
    );
  });

  test('lets PrepareDomain find a training image among the test images, whatever their names', async () => {
    await sync();
    const image = await readFile(join(folder, 'train/apple/camera.jfif'));
    await stage.put(buckets.data, 'domains/produce/test/apple/without-an-ending', image);

    await expect(prepare()).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/: test\/apple\/without-an-ending is train\/apple\/camera\.jfif/),
    });
  });
});
