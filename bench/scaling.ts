import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import { comparable, nearDuplicates, THUMBNAIL } from '#model/data/near-duplicates.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { finishNetwork } from '#model/network/finish-network.ts';
import { networkInput } from '#model/network/input.ts';
import { fromBytes } from '#model/onnx/build.ts';
import { RUNTIME } from '#model/onnx/session.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { GeneralModel } from '#model/transfer/transfer.ts';
import { encodePng } from '../examples/icons/png.ts';
import { runInChild } from './shared/child-process.ts';
import { transferOnce } from './shared/train-and-test.ts';

const HELP = `npm run bench:scaling -- [--images 100,1000,10000,100000] [--variants 1] [--memory-mb 64] [--json]

Seconds and peak memory of transfer over the number of training images: decoding them, transfer, and looking for test images that
look like training images. Each size runs in a process of its own. The images are drawn cheaply, ten classes of 32 × 32 pixels, and the
network has the size of the demonstration's, with random weights: neither changes the work.

  --images LIST    numbers of training images                                       100,1000,10000,100000
  --variants N     of each image                                                    1
  --memory-mb N    recipe.memoryMegabytes: what needs more goes to disk             64
  --json           last line: [{images, rows, loadSeconds, tuneSeconds, duplicatesSeconds, peakMb}]`;

const SIDE = 32;
const CLASSES = 10;
const TEST_IMAGES = 500;
const input = networkInput(SIDE);

interface Measured {
  images: number;
  rows: number;
  loadSeconds: number;
  tuneSeconds: number;
  duplicatesSeconds: number;
  /** Highest resident memory of the process. */
  peakMb: number;
}

/** Builds `<folder>/<label>/<n>.png` once; a killed build is made again. */
async function draw(folder: string, images: number, part: string) {
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  for (let label = 0; label < CLASSES; label++) {
    await mkdir(join(partial, `class ${label}`), { recursive: true });
  }
  for (let from = 0; from < images; from += 500) {
    const some = Array.from({ length: Math.min(500, images - from) }, (_, i) => from + i);
    await Promise.all(
      some.map((n) => {
        const pixels = drawing(n % CLASSES, part, n);
        return writeFile(join(partial, `class ${n % CLASSES}`, `${n}.png`), encodePng(pixels, SIDE, SIDE));
      }),
    );
  }
  await rename(partial, folder);
}

/** A bright rectangle on a dark background: the class is its colour, more or less. */
function drawing(label: number, part: string, n: number): Uint8Array {
  const random = createRandom('scaling', part, n);
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  const shade = [0, 1, 2].map(() => random.below(90));
  const colour = [0, 1, 2].map((channel) => 120 + ((label * 37 + channel * 61) % 110) + random.below(25));
  const [left, top] = [random.below(12), random.below(12)];
  const [right, bottom] = [left + 8 + random.below(12), top + 8 + random.below(12)];
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const inside = x >= left && x < right && y >= top && y < bottom;
      for (let channel = 0; channel < 3; channel++, at++) {
        pixels[at] = (inside ? colour : shade)[channel]! + ((x * y * (n % 7)) % 11);
      }
    }
  }
  return pixels;
}

/** Random weights: neither the time nor the memory depends on them. */
async function generalModel(): Promise<GeneralModel> {
  await useBackend();
  const network = buildNetwork({ input, labelCount: 100, seed: 1 });
  const labels = Array.from({ length: 100 }, (_, i) => `class ${i}`);
  const { bytes, features } = await finishNetwork(network, input, labels);
  network.dispose();
  const version = '20261123T154200Z-3f2a9c';
  return { manifest: { input, features, model: 'scaling', version }, model: fromBytes(bytes) };
}

async function measure(folder: string, variants: number, memoryMegabytes: number): Promise<Measured> {
  const general = await generalModel();
  const memoryBytes = memoryMegabytes * 2 ** 20;
  let started = performance.now();
  const lap = () => {
    const seconds = (performance.now() - started) / 1_000;
    started = performance.now();
    return seconds;
  };
  const train = await loadDataSet(join(folder, 'train'), THUMBNAIL, { memoryBytes });
  const test = await loadDataSet(join(folder, 'test'), THUMBNAIL, { memoryBytes });
  const loadSeconds = lap();
  const rows = train.size * variants;
  const recipe = recipeSchema.parse({
    ...{ augmentation: variants, maximumRows: rows, memoryMegabytes },
    // However long it takes, because that is what is measured.
    maxSeconds: 86_400,
  });
  await transferOnce(general, train, recipe);
  const tuneSeconds = lap();
  await nearDuplicates(await comparable(train), await comparable(test));
  const duplicatesSeconds = lap();
  const peakMb = process.resourceUsage().maxRSS / 1_024;
  return { images: train.size, rows, loadSeconds, tuneSeconds, duplicatesSeconds, peakMb };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidInputError(`--${name}: "${text}" is not a whole number from 1`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '100,1000,10000,100000' },
      variants: { type: 'string', default: '1' },
      'memory-mb': { type: 'string', default: '64' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      measure: { type: 'string' },
    },
  });
  if (values.help) return console.log(HELP);
  const variants = wholeNumber('variants', values.variants);
  const memoryMb = wholeNumber('memory-mb', values['memory-mb']);
  if (values.measure !== undefined) {
    return console.log(JSON.stringify(await measure(values.measure, variants, memoryMb)));
  }
  const counts = values.images.split(',').map((text) => wholeNumber('images', text));
  console.log(`${RUNTIME}, ${variants} variants an image, ${memoryMb} MB before the disk is used\n`);
  console.log('  images      rows   decoding      transfer   near-duplicates   ms an image   peak memory');
  const results: Measured[] = [];
  for (const images of counts) {
    const folder = join('.graft', 'bench', `scaling-${images}`);
    await draw(join(folder, 'train'), images, 'train');
    await draw(join(folder, 'test'), TEST_IMAGES, 'test');
    const measured = await runInChild<Measured>({
      command: process.execPath,
      args: [
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        ...['--measure', folder, '--variants', values.variants, '--memory-mb', values['memory-mb']],
      ],
    });
    if (typeof measured === 'string') throw new Error(`${images} images: ${measured}`);
    results.push(measured);
    const { loadSeconds, tuneSeconds, duplicatesSeconds } = measured;
    const each = ((loadSeconds + tuneSeconds + duplicatesSeconds) * 1_000) / measured.images;
    const columns = [
      String(measured.images).padStart(8),
      String(measured.rows).padStart(7),
      `${loadSeconds.toFixed(1)} s`.padStart(8),
      `${tuneSeconds.toFixed(1)} s`.padStart(11),
      `${duplicatesSeconds.toFixed(1)} s`.padStart(15),
      each.toFixed(2).padStart(11),
      `${measured.peakMb.toFixed(0)} MB`.padStart(11),
    ];
    console.log(columns.join('   '));
  }
  if (values.json) console.log(JSON.stringify(results));
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
