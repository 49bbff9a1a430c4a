import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { signatureOf } from '#model/data/check-images.ts';
import { listTrainingImages } from '#model/data/list-training-images.ts';
import { openTrainingImages } from '#model/data/training-images.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { trainGeneral } from '#model/training/general.ts';
import { runInChild } from './shared/child-process.ts';

const HELP = `npm run bench:train-data -- [--images 1000000] [--steps 20] [--size 224] [--backend wasm] [--list-only] [--json]

Memory and waiting of a general model's training on images that do not fit into memory. Makes tar shards of that many JPEGs (64 different
ones), lists and checks all of them and trains some steps, in a process of its own; another process does the same with the fewest images
that are decoded at each visit, which is the library's own memory. The peaks are the kernel's (VmHWM).

  --images N     in the shards                                                   1000000
  --steps N      of 64 images                                                    20
  --size PIXELS  of the network and of the images                                224
  --backend B    what trains                                                     the fastest
  --list-only    leaves the first pass over all images out, which takes longest
  --folder DIR   where the shards go; they are removed afterwards                the system's temporary folder
  --json         last line: {images, peakMb, libraryMb, besideMb, stall, …}`;

const PER_SHARD = 10_000;
const DIFFERENT = 64;
const CLASSES = 10;
const BATCH = 64;

interface Measured {
  images: number;
  peakMb: number;
  listSeconds: number;
  checkSeconds: number;
  trainSeconds: number;
  stall: number;
}

async function makeShards(folder: string, images: number, size: number) {
  await mkdir(folder, { recursive: true });
  const random = createRandom('shards');
  const jpegs = await Promise.all(
    Array.from({ length: DIFFERENT }, () => {
      const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, () => random.below(256));
      const raw = { width: 16, height: 16, channels: 3 } as const;
      return sharp(pixels, { raw }).resize(size, size).jpeg({ quality: 60 }).toBuffer();
    }),
  );
  for (let from = 0, shard = 0; from < images; from += PER_SHARD, shard++) {
    const tar = pack();
    const written = pipeline(tar, createWriteStream(join(folder, `${String(shard).padStart(6, '0')}.tar`)));
    for (let n = from; n < Math.min(images, from + PER_SHARD); n++) {
      const name = `${n % CLASSES}/${String(n).padStart(8, '0')}.jpg`;
      await new Promise<void>((resolve) => tar.entry({ name }, jpegs[n % DIFFERENT]!, () => resolve()));
    }
    tar.finalize();
    await written;
  }
}

async function measure(folder: string, options: Options): Promise<Measured> {
  await useBackend(options.backend);
  const input = networkInput(options.size);
  const started = performance.now();
  const { list } = await listTrainingImages(folder);
  await signatureOf(list);
  const listed = performance.now();
  const images = options.listOnly
    ? { ...list, input, digest: '', damaged: [], pixels: { kind: 'files', list, form: input } as const }
    : await openTrainingImages(folder, input, { memoryBytes: 0 });
  const checked = performance.now();
  const enough = new AbortController();
  let stall = 0;
  await trainGeneral(
    images,
    { epochs: 1e6, batchSize: BATCH, learningRate: 0.002, seed: 1, validationShare: 0.05 },
    {
      signal: enough.signal,
      onProgress(progress) {
        stall = progress.stall;
        if (progress.step >= options.steps) enough.abort(enough);
      },
    },
  ).catch((error) => {
    if (error !== enough) throw error;
  });
  const status = await readFile('/proc/self/status', 'utf8');
  return {
    images: list.size,
    peakMb: Number(/^VmHWM:\s+(\d+)/m.exec(status)![1]) / 1_000,
    listSeconds: (listed - started) / 1_000,
    checkSeconds: options.listOnly ? 0 : (checked - listed) / 1_000,
    trainSeconds: (performance.now() - checked) / 1_000,
    stall,
  };
}

interface Options {
  steps: number;
  size: number;
  backend: BackendName | undefined;
  listOnly: boolean;
}

async function main() {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '1000000' },
      steps: { type: 'string', default: '20' },
      size: { type: 'string', default: '224' },
      backend: { type: 'string' },
      'list-only': { type: 'boolean', default: false },
      folder: { type: 'string', default: tmpdir() },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      measure: { type: 'string' },
    },
  });
  if (values.help) return console.log(HELP);
  for (const name of ['images', 'steps', 'size'] as const) {
    if (!(Number.isInteger(Number(values[name])) && Number(values[name]) > 0)) {
      throw new InvalidInputError(`--${name} "${values[name]}" is no whole number above 0`);
    }
  }
  const options: Options = {
    ...{ steps: Number(values.steps), size: Number(values.size), listOnly: values['list-only'] },
    backend: values.backend as BackendName | undefined,
  };
  if (values.measure !== undefined) {
    return console.log(JSON.stringify(await measure(values.measure, options)));
  }
  const folder = await mkdtemp(join(values.folder, 'graft-train-data-'));
  try {
    const results: Measured[] = [];
    for (const images of [2 * BATCH, Number(values.images)]) {
      const shards = join(folder, String(images));
      await makeShards(shards, images, options.size);
      const words = ['--measure', shards, '--steps', values.steps, '--size', values.size];
      if (values.backend !== undefined) words.push('--backend', values.backend);
      if (options.listOnly) words.push('--list-only');
      const result = await runInChild<Measured>({
        command: process.execPath,
        args: ['--import', 'tsx', fileURLToPath(import.meta.url), ...words],
      });
      if (typeof result === 'string') throw new Error(result);
      await rm(shards, { recursive: true });
      results.push(result);
      console.log(
        `${result.images} images: ${result.peakMb.toFixed(0)} MB at the most; listed in ${result.listSeconds.toFixed(1)} s, checked in ${result.checkSeconds.toFixed(1)} s, ${options.steps} steps in ${result.trainSeconds.toFixed(1)} s, stall ${(100 * result.stall).toFixed(1)} %`,
      );
    }
    const [library, all] = results as [Measured, Measured];
    const besideMb = all.peakMb - library.peakMb;
    console.log(`${besideMb.toFixed(0)} MB beside the library's own`);
    if (values.json) console.log(JSON.stringify({ ...all, libraryMb: library.peakMb, besideMb }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(describeError(error).split('\n').join(' '));
  process.exitCode = 1;
});
