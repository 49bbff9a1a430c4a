import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { listPrices } from '#core/prices.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { graft } from '../demo/agent.ts';
import { drawDomain, unpackClothing } from './fine-tune/clothing.ts';
import { compareSeeds } from './fine-tune/compare.ts';
import { requireSameFeatures } from './fine-tune/same-model.ts';
import type { Seed, Turn } from './fine-tune/turns.ts';
import { type ChildCommand, runInChild } from './shared/child-process.ts';
import { describeGeneralModel, readGeneralModel, readManifest } from './shared/general-model.ts';
import { readDomainFiles, trainAndTest } from './shared/train-and-test.ts';

const HELP = `npm run bench:fine-tune -- [--seeds 3] [--per-class 20] [--data DIR] [--python python3] [--json]

Seconds that transfer takes to reach the accuracy which the plain Keras recipe reaches (frozen base, global average, dropout, dense; Adam,
augmentation, early stopping: bench/peers/keras_fine_tune.py), and accuracy at equal time. Both start from the same MobileNet trained on
ImageNet, and take the same photographs of clothing and the same test images, by turns. Every turn is a process of its own. The time of
imports and of reading the model counts for neither; ours reads the images within its time, Keras has them in memory.

  --seeds N        each with training images, variants, splits and weights of its own     3
  --per-class N    training images of each class                                          20
  --data DIR       has clothing.zip and mobilenet-v1-imagenet                             $GRAFT_DATA or ../shared/data
  --python FILE    interpreter that has TensorFlow                                        python3
  --json           last line: {backend, speedup, accuracyDifference, kerasSeconds, ourSeconds}`;

const [KERAS, OURS] = ['Keras', 'graft'];
/** Which of the synthetic images shows that both sides have the same backbone: the noise. */
const PROBE = 2;

const peer = (python: string, network: string, data: string, seed: number): ChildCommand => ({
  command: python,
  args: [
    join(import.meta.dirname, 'peers', 'keras_fine_tune.py'),
    ...['--model', network, '--data', data, '--seed', String(seed), '--probe', PROBE_FILE],
  ],
});

const own = (model: string, data: string, seed: number): ChildCommand => ({
  command: process.execPath,
  args: [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...['--measure', model, '--data', data, '--seed', String(seed)],
  ],
});

const PROBE_FILE = join('.graft', 'bench', 'compare-probe');
const MODEL = join('.graft', 'bench', 'mobilenet');

/** One turn of ours, in the process that the parent started for it. */
async function measure(folder: string, data: string, seed: number): Promise<Turn> {
  const general = await readGeneralModel(folder);
  const recipe = recipeSchema.parse({ seed });
  const { measured, seconds, result } = await trainAndTest(general, await readDomainFiles(data), recipe);
  return { seconds, accuracy: measured.accuracy, rows: measured.rows, version: result.runtime };
}

/** @returns nothing where that side cannot run here: the reason stands in `skipped` then */
async function turnOf(
  name: string,
  command: ChildCommand,
  skipped: Map<string, string>,
): Promise<Turn | undefined> {
  if (skipped.has(name)) return undefined;
  const turn = await runInChild<Turn>(command);
  if (typeof turn !== 'string') return turn;
  skipped.set(name, turn);
  return undefined;
}

interface SeedOptions {
  /** Folder of the network as Keras gets it. */
  network: string;
  photographs: string;
  perClass: number;
  python: string;
  /** Sides that cannot run here, and why. */
  skipped: Map<string, string>;
}

async function runSeed(seed: number, { network, photographs, perClass, python, skipped }: SeedOptions) {
  const data = await drawDomain(photographs, perClass, seed);
  const keras = await turnOf(KERAS!, peer(python, network, data, seed), skipped);
  const turn = await turnOf(OURS!, own(MODEL, data, seed), skipped);
  const { features } = await readManifest(MODEL);
  if (keras) requireSameFeatures(keras.features!, features[0]!.reference[PROBE]!);
  return { seed, keras, ours: new Map(turn ? [[OURS!, turn]] : []) } satisfies Seed;
}

/** @returns why nothing can be compared here */
function missing(data: string): string | undefined {
  const files = [join(data, 'clothing.zip'), join(data, 'mobilenet-v1-imagenet', 'model.json')];
  const absent = files.find((file) => !existsSync(file));
  return absent && `there is no ${absent}`;
}

async function prepare(network: string) {
  const preset = ['--preset', 'keras-tf', '--name', 'mobilenet', '--force'];
  await graft(['import', network, '--out', MODEL, ...preset], process.env);
  const manifest = await readManifest(MODEL);
  await mkdir(join('.graft', 'bench'), { recursive: true });
  await writeFile(PROBE_FILE, referenceImages(manifest.input)[PROBE]!);
  console.log(describeGeneralModel(MODEL, manifest));
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3' },
      'per-class': { type: 'string', default: '20' },
      data: { type: 'string', default: process.env.GRAFT_DATA ?? join('..', 'shared', 'data') },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      measure: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.measure !== undefined) {
    const turn = await measure(values.measure, values.data, Number(values.seed));
    return console.log(JSON.stringify(turn));
  }
  const whole = (name: 'seeds' | 'per-class', atLeast: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= atLeast) return value;
    throw new InvalidInputError(`--${name} "${values[name]}" is not a whole number from ${atLeast}`);
  };
  const [seeds, perClass] = [whole('seeds', 1), whole('per-class', 2)];
  const { data, python } = values;
  const reason = missing(data);
  if (reason !== undefined) return console.log(`Skipped: ${reason}`);
  const network = join(data, 'mobilenet-v1-imagenet');
  await prepare(network);
  const photographs = await unpackClothing(join(data, 'clothing.zip'), python);
  console.log(`Photographs of clothing, ${perClass} training images a class\n`);
  const skipped = new Map<string, string>();
  const results: Seed[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await runSeed(seed, { network, photographs, perClass, python, skipped });
    results.push(result);
    const turns = [...(result.keras ? [[KERAS!, result.keras] as const] : []), ...result.ours].map(
      ([backend, { accuracy, seconds }]) => `   ${backend} ${accuracy.toFixed(3)} in ${seconds.toFixed(1)} s`,
    );
    console.log(`seed ${seed}${turns.join('')}`);
  }
  const comparisons = compareSeeds(results, listPrices);
  for (const { lines } of comparisons) console.log(`\n${lines.join('\n')}`);
  for (const [backend, reason] of skipped) console.log(`\n${backend} skipped: ${reason}`);
  if (values.json) for (const { figures } of comparisons) console.log(JSON.stringify(figures));
}

await main().catch((error) => {
  // In one line, because the parent quotes the last one.
  console.error(describeError(error).split('\n').join(' '));
  process.exitCode = 1;
});
