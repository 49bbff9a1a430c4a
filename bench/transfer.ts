import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { pair } from '#core/gate/pairing.ts';
import { parseJson } from '#core/parse.ts';
import { mcnemarExact } from '#core/statistics.ts';
import { useBackend } from '#model/backend.ts';
import { trainBaseline } from '#model/baseline.ts';
import { loadDataSet } from '#model/data-set.ts';
import { evaluate, type Measured } from '#model/evaluate.ts';
import { loadModel } from '#model/files.ts';
import { fineTune, type TrainingResult, transferStepsAtMost } from '#model/transfer.ts';
import { buildProduceData } from '../examples/produce/build.ts';
import { graft } from '../scripts/start/agent.ts';

const HELP = `npm run bench:transfer -- [--seeds 5] [--model DIR] [--json]

Accuracy on test images from icon sets that no training saw, without and with transfer learning. Every seed has photographs, variants,
splits and weights of its own; the general model is the same for all.

  --seeds N      how many                                        5
  --model DIR    general model; that of npm start when left out, or one trained as npm start does
  --json         last line: {seeds, baseline: {mean, sd}, transfer: {mean, sd}, uplift}`;

const START_MODEL = join('.graft', 'start', 'general');
const OWN_MODEL = join('.graft', 'bench', 'general');
const OWN_TRAINING_SECONDS = '120';

async function generalModel(asked: string | undefined): Promise<string> {
  for (const folder of asked === undefined ? [START_MODEL, OWN_MODEL] : [asked]) {
    if (existsSync(join(folder, 'manifest.json'))) return folder;
  }
  if (asked !== undefined) {
    throw new InvalidInputError(`There is no general model in "${asked}" (no manifest.json)`, {
      hint: 'Train one with `graft train`, or leave --model out.',
    });
  }
  const data = join('.graft', 'data');
  console.log('No general model yet: training one as npm start does.');
  await buildProduceData({ out: data, seed: 1 });
  const options = ['--model', 'icons', '--max-seconds', OWN_TRAINING_SECONDS, '--seed', '1', '--force'];
  await graft(['train', join(data, 'general'), '--out', OWN_MODEL, ...options], process.env);
  return OWN_MODEL;
}

const readManifest = async (folder: string) =>
  parseJson(manifestSchema, await readFile(join(folder, 'manifest.json'), 'utf8'), 'manifest.json');

async function measureSeed(
  folder: string,
  seed: number,
): Promise<{ baseline: Measured; transfer: Measured }> {
  const { input, cutLayer } = await readManifest(folder);
  const out = join('.graft', 'bench', `seed-${seed}`);
  // Other photographs than those of npm start, whose seeds are small.
  await buildProduceData({ out, seed: 1000 + seed, generalClasses: 0, generalPerClass: 0 });
  const train = await loadDataSet(join(out, 'produce', 'train'), input);
  const test = await loadDataSet(join(out, 'produce', 'test'), input);
  const general = await loadModel(folder);
  const recipe = recipeSchema.parse({ seed });
  const task = { general, cutLayer, train, recipe };
  const measure = async ({ model }: TrainingResult) => {
    const measured = await evaluate(model, test);
    model.dispose();
    return measured;
  };
  const transfer = await measure(await fineTune(task));
  const minimumSteps = transferStepsAtMost(train.size, recipe);
  const baseline = await measure(await trainBaseline({ ...task, minimumSteps }));
  general.dispose();
  return { baseline, transfer };
}

/** Mean and sample standard deviation. */
function summary(values: readonly number[]): { mean: number; sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

const show = ({ mean, sd }: { mean: number; sd: number }) => `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '5' },
      model: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1) {
    throw new InvalidInputError(`--seeds "${values.seeds}" is not a whole number from 1`);
  }
  const backend = await useBackend();
  const folder = await generalModel(values.model);
  const { version, training, dataSet } = await readManifest(folder);
  console.log(
    `General model ${folder} ${version}: ${dataSet.classes} classes, ${training.imagesSeen} images seen in ${training.seconds.toFixed(0)} s`,
  );
  console.log(`Backend ${backend.name} on ${backend.device}\n`);
  console.log('seed   without transfer   with transfer   uplift   p (McNemar)   seconds');
  const results: { baseline: number; transfer: number }[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const started = performance.now();
    const { baseline, transfer } = await measureSeed(folder, seed);
    results.push({ baseline: baseline.accuracy, transfer: transfer.accuracy });
    const { onlyFirst, onlySecond } = pair(transfer.rows, baseline.rows);
    const columns = [
      String(seed).padStart(4),
      baseline.accuracy.toFixed(3).padStart(16),
      transfer.accuracy.toFixed(3).padStart(13),
      (transfer.accuracy - baseline.accuracy).toFixed(3).padStart(6),
      mcnemarExact(onlyFirst, onlySecond).toExponential(1).padStart(11),
      ((performance.now() - started) / 1000).toFixed(0).padStart(7),
    ];
    console.log(columns.join('   '));
  }
  const baseline = summary(results.map((result) => result.baseline));
  const transfer = summary(results.map((result) => result.transfer));
  const uplift = transfer.mean - baseline.mean;
  console.log(
    `\nmean ± sd of ${seeds}: without ${show(baseline)}, with ${show(transfer)}, uplift ${uplift.toFixed(3)}`,
  );
  if (values.json) console.log(JSON.stringify({ seeds, baseline, transfer, uplift }));
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
