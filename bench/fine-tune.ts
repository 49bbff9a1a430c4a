import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { listPrices } from '#core/prices.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { loadModel } from '#model/network/files.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { trainTransfer } from '#model/transfer/transfer.ts';
import { withImagesPerClass } from '../examples/icons/domains/example-domain.ts';
import { PRODUCE } from '../examples/icons/domains/produce.ts';
import { buildIconData } from '../examples/icons/icon-data.ts';
import { compareSeeds } from './fine-tune/compare.ts';
import { firstFeatures, requireSameFeatures } from './fine-tune/same-model.ts';
import type { Seed, Turn } from './fine-tune/turns.ts';
import { type ChildCommand, runInChild } from './shared/child-process.ts';
import { describeGeneralModel, generalModelFolder, readManifest } from './shared/general-model.ts';

const HELP = `npm run bench:fine-tune -- [--seeds 5] [--per-class 5] [--model DIR] [--python python3] [--json]

Seconds that transfer takes to reach the accuracy which the plain Keras recipe reaches (frozen base, fit with augmentation, early
stopping: bench/peers/keras_fine_tune.py), and accuracy at equal time. Same general model, same images, same test images, by turns. Every
turn is a process of its own. The time of imports and of reading images and the model counts for neither.

  --seeds N        each with photographs, variants, splits and weights of its own    5
  --per-class N    training images of each class                                     5
  --model DIR      general model; that of npm start when left out, or one trained as npm start does
  --python FILE    interpreter that has TensorFlow                                   python3
  --json           last lines, one a backend: {backend, speedup, accuracyDifference, kerasSeconds, ourSeconds}`;

const KERAS = 'Keras';
const BACKENDS: readonly BackendName[] = ['tensorflow-gpu', 'tensorflow', 'wasm'];
/** Photographs that no other benchmark and no `npm start` has. */
const FIRST_SEED = 2000;

const peer = (python: string, model: string, data: string, seed: number): ChildCommand => ({
  command: python,
  args: [
    join(import.meta.dirname, 'peers', 'keras_fine_tune.py'),
    ...['--model', model, '--data', data, '--seed', String(seed)],
  ],
});

const own = (backend: BackendName, model: string, data: string, seed: number): ChildCommand => ({
  command: process.execPath,
  args: [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...['--measure', backend, '--model', model, '--data', data, '--seed', String(seed)],
  ],
});

/** One turn of ours, in the process that the parent started for it. */
async function measure(backend: BackendName, folder: string, data: string, seed: number): Promise<Turn> {
  const used = await useBackend(backend);
  const { input, cutLayer } = await readManifest(folder);
  const train = await loadDataSet(join(data, 'train'), input);
  const test = await loadDataSet(join(data, 'test'), input);
  const general = await loadModel(folder);
  const started = performance.now();
  const { model } = await trainTransfer({ general, cutLayer, train, recipe: recipeSchema.parse({ seed }) });
  const seconds = (performance.now() - started) / 1_000;
  const { accuracy, rows } = await evaluate(model, test);
  model.dispose();
  const features = firstFeatures(general, cutLayer, test);
  general.dispose();
  return { seconds, accuracy, rows, features, version: `${used.version}, ${used.device}` };
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
  /** Folder of the general model. */
  model: string;
  perClass: number;
  python: string;
  /** Backends that cannot run here, and why. */
  skipped: Map<string, string>;
}

async function runSeed(seed: number, { model, perClass, python, skipped }: SeedOptions) {
  const out = join('.graft', 'bench', `fine-tune-${perClass}-${seed}`);
  const domains = [withImagesPerClass(PRODUCE, perClass)];
  await buildIconData({ out, seed: FIRST_SEED + seed, generalClasses: 0, domains });
  const data = join(out, 'produce');
  const keras = await turnOf(KERAS, peer(python, model, data, seed), skipped);
  const ours = new Map<string, Turn>();
  for (const backend of BACKENDS) {
    const turn = await turnOf(backend, own(backend, model, data, seed), skipped);
    if (turn && keras) requireSameFeatures(backend, turn.features, keras.features);
    if (turn) ours.set(backend, turn);
  }
  return { seed, keras, ours } satisfies Seed;
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '5' },
      'per-class': { type: 'string', default: '5' },
      model: { type: 'string' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      measure: { type: 'string' },
      data: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.measure !== undefined) {
    const turn = await measure(
      values.measure as BackendName,
      values.model!,
      values.data,
      Number(values.seed),
    );
    return console.log(JSON.stringify(turn));
  }
  const whole = (name: 'seeds' | 'per-class', atLeast: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= atLeast) return value;
    throw new InvalidInputError(`--${name} "${values[name]}" is not a whole number from ${atLeast}`);
  };
  const [seeds, perClass] = [whole('seeds', 1), whole('per-class', 2)];
  const model = await generalModelFolder(values.model);
  console.log(describeGeneralModel(model, await readManifest(model)));
  console.log(`Domain produce, ${perClass} training images a class\n`);
  const skipped = new Map<string, string>();
  const results: Seed[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await runSeed(seed, { model, perClass, python: values.python, skipped });
    results.push(result);
    const turns = [...(result.keras ? [[KERAS, result.keras] as const] : []), ...result.ours].map(
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
