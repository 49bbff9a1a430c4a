import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema } from '../../../../core/contracts/manifest.ts';
import { sha256 } from '../../../../core/digest.ts';
import { verifyBytes } from '../../../../core/signature.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { graft, sourceProgram, spawnGraft } from '../../cli.ts';

const labels = ['apple pie', 'crème brûlée', 'v2.0'];
const quick = ['--size', '16', '--epochs', '1', '--batch-size', '16', '--backend', 'wasm'];

let master: string;
let root: string;
let images: string;
let out: string;
beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-train-master-'));
  await makeImageFolder(master, { labels, perLabel: 12 });
});
afterAll(() => rm(master, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-train-'));
  images = join(root, 'images');
  out = join(root, 'models', 'shapes');
  await cp(master, images, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('graft train', () => {
  it('leaves a signed model that graft predict can use', async () => {
    const key = join(root, 'key.pem');
    const { last } = await graft(['keygen', '--out', key, '--json']);

    const words = ['train', images, '--out', out, '--model', 'shapes', ...quick, '--key', key, '--json'];
    // From the sources, threads too: all other tests may take what is built of them.
    const run = await spawnGraft(words, { GRAFT_TEST_BUILDS: undefined }, sourceProgram).done;

    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
    expect(run.events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['backend', 'loaded', 'progress', 'trained', 'result']),
    );
    expect((await readdir(out)).sort()).toEqual(['manifest.json', 'manifest.sig', 'model.onnx']);
    const bytes = await readFile(join(out, 'manifest.json'));
    const manifest = manifestSchema.parse(JSON.parse(bytes.toString()));
    expect(manifest).toMatchObject({
      model: 'shapes',
      input: { layout: 'NCHW', height: 16, width: 16, resize: { fit: 'stretch' }, interpolation: 'lanczos3' },
      features: [{ name: 'map', width: 64, places: { rows: 2, columns: 2 } }],
      classifier: { name: 'probabilities', labels },
      origin: { kind: 'trained', dataSet: { name: 'images', images: 36, classes: 3 } },
    });
    expect(run.last).toMatchObject({ event: 'result', ok: true, version: manifest.version, signed: true });
    for (const { name, sha256: digest, size } of manifest.files) {
      const content = await readFile(join(out, name));
      expect([sha256(content), content.length]).toEqual([digest, size]);
    }
    const [graph] = manifest.files;
    expect(manifest.version.endsWith(`-${graph!.sha256.slice(0, 6)}`)).toBe(true);
    verifyBytes(bytes, await readFile(join(out, 'manifest.sig'), 'utf8'), [last.publicKey]);

    const image = join(images, 'v2.0', '2-000.png');
    const predicted = await graft(['predict', image, '--model', out, '--top', '2', '--json']);
    expect(predicted).toMatchObject({
      code: 0,
      last: { general: { model: 'shapes', version: manifest.version } },
    });
    expect(predicted.last.predictions).toHaveLength(2);
    expect(labels).toContain(predicted.last.predictions[0].label);
  });

  it('trains a network by its name and a method by its settings, and the manifest has all of them', async () => {
    const network = ['--network', 'mobilenet-v2', '--width', '0.1', '--size', '32'];
    const method = ['--optimiser', 'adamw', '--augment', 'randaugment', '--mixup', '0.2', '--ema', '0.9'];
    const run = await graft(['train', images, '--out', out, ...quick, ...network, ...method, '--json']);

    expect(run.last).toMatchObject({ event: 'result', ok: true });
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
    expect(manifest).toMatchObject({
      input: { height: 32, width: 32 },
      features: [{ name: 'map', width: 1280, places: { rows: 4, columns: 4 } }],
      origin: {
        training: {
          learningRate: 0.002,
          hyperparameters: {
            ...{ network: 'mobilenet-v2', width: 0.1, optimiser: 'adamw', weightDecay: 0.05, mixup: 0.2 },
            ...{ augment: 'randaugment', ema: 0.9, labelSmoothing: 0.1, warmUp: 0.1, patience: 0 },
          },
        },
      },
    });
    const predicted = await graft(['predict', join(images, 'v2.0', '2-000.png'), '--model', out, '--json']);
    expect(labels).toContain(predicted.last.predictions[0].label);
  });

  it('leaves damaged images out, and names them', async () => {
    await copyFile(join(images, labels[0]!, '0-000.png'), join(images, labels[0]!, 'copy.png'));
    await writeFile(join(images, labels[0]!, 'notes.png'), 'text');

    const run = await graft(['train', images, '--out', out, ...quick, '--json']);

    expect(run.code).toBe(0);
    const warning = run.events.find(({ event }) => event === 'warning');
    expect(warning).toMatchObject({ id: 'apple pie/notes.png', reason: expect.stringMatching(/not a PNG/) });
    expect(run.last.images).toBe(37);
  });

  it('warns of files beside the classes, and of the same image twice or under two labels', async () => {
    await writeFile(join(images, 'labels.csv'), 'x');
    await mkdir(join(images, '@eaDir'));
    const [first, second] = labels as [string, string];
    await copyFile(join(images, first, '0-000.png'), join(images, second, 'copy.png'));

    const run = await graft(['train', images, '--out', out, ...quick, '--json']);

    const warnings = run.events.filter(({ event }) => event === 'warning').map(({ message }) => message);
    expect(warnings).toEqual(run.last.warnings);
    expect(warnings).toEqual([
      `1 file lies beside the folders of the classes in "${images}", and is left out: labels.csv`,
      `1 image is there more than once, which counts as often: ${second}/copy.png is ${first}/0-000.png`,
      `1 image is under more than one label: ${second}/copy.png is ${first}/0-000.png`,
    ]);
  });

  it('warns of a key that others can read', async () => {
    const key = join(root, 'key.pem');
    await graft(['keygen', '--out', key]);
    await chmod(key, 0o644);

    const nowhere = join(root, 'nowhere');
    const { events } = await graft(['train', nowhere, '--out', out, '--key', key, '--json']);

    expect(events).toContainEqual(
      expect.objectContaining({ event: 'warning', message: expect.stringMatching(/can be read by others/) }),
    );
  });

  it('does not touch a model that is there, unless it is told to replace it', async () => {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'manifest.json'), 'precious');

    const refused = await graft(['train', images, '--out', out, ...quick]);
    const kept = await readFile(join(out, 'manifest.json'), 'utf8');
    const forced = await graft(['train', images, '--out', out, ...quick, '--force']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/is there already[\s\S]*--force/);
    expect(kept).toBe('precious');
    expect(forced.code).toBe(0);
    expect(await readdir(out)).toContain('model.onnx');
  });
});

describe('graft train refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a folder that is not there', () => rm(images, { recursive: true }), /images/],
    [
      'an empty folder',
      async () => {
        await rm(images, { recursive: true });
        await mkdir(images);
      },
      /is empty/,
    ],
    [
      'a single class',
      async () => {
        await rm(join(images, labels[1]!), { recursive: true });
        await rm(join(images, labels[2]!), { recursive: true });
      },
      /single class "apple pie"/,
    ],
    [
      'a class with one image',
      async () => {
        for (const name of (await readdir(join(images, 'v2.0'))).slice(1))
          await rm(join(images, 'v2.0', name));
      },
      /"v2\.0".* only 1 image/,
    ],
    [
      'text files named .png',
      async () => {
        for (const name of await readdir(join(images, 'v2.0'))) {
          await writeFile(join(images, 'v2.0', name), 'hello');
        }
      },
      /12 of the 36 images.*not a PNG, JPEG, WebP, GIF or AVIF/,
    ],
    [
      'truncated JPEGs',
      async () => {
        const image = await readFile(join(images, 'v2.0', '2-000.png'));
        const jpeg = await sharp(image).resize(200, 200).jpeg().toBuffer();
        for (const name of await readdir(join(images, 'v2.0'))) {
          await writeFile(join(images, 'v2.0', name), jpeg.subarray(0, jpeg.length / 2));
        }
      },
      /damaged or cut short/,
    ],
    [
      '40-megapixel images',
      async () => {
        const create = { width: 8000, height: 5000, channels: 3, background: 'red' } as const;
        const huge = await sharp({ create }).png().toBuffer();
        for (const name of (await readdir(join(images, 'v2.0'))).slice(0, 4)) {
          await writeFile(join(images, 'v2.0', name), huge);
        }
      },
      /40\.0 megapixels/,
    ],
    [
      'a class behind a broken link',
      () => symlink(join(root, 'unmounted'), join(images, 'quince')),
      /"quince" in .* is a link that cannot be followed/,
    ],
    ['a label that starts with a dot and a space', () => mkdir(join(images, ' .x')), /" \.x"|space/],
    ['a key that is not there', () => Promise.resolve(), /none\.pem" cannot be read/],
  ])('%s, and makes no folder', async (what, spoil, message) => {
    await spoil();
    const key = what.startsWith('a key') ? ['--key', join(root, 'none.pem')] : [];

    const run = await graft(['train', images, '--out', out, ...quick, ...key, '--json']);

    expect(run.last.message).toMatch(message);
    expect(run.code).toBe(1);
    expect(await readdir(root)).not.toContain('models');
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['a missing image', async () => join(images, 'none.png'), /There is no file/],
    [
      'an image that is none',
      async () => {
        await writeFile(join(images, 'x.png'), 'hello');
        return join(images, 'x.png');
      },
      /x\.png" cannot be read: it is not a PNG/,
    ],
  ])('to predict %s', async (_what, make, message) => {
    const image = await make();
    await graft(['train', images, '--out', out, ...quick]);

    const run = await graft(['predict', image, '--model', out]);

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(message);
  });
});
