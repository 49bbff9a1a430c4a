import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { pair } from '#core/gate/pairing.ts';
import { mcnemarExact } from '#core/statistics.ts';
import { useBackend } from '#model/backend.ts';
import { trainBaseline } from '#model/baseline.ts';
import { loadDataSet } from '#model/data-set.ts';
import { evaluate, type Measured } from '#model/evaluate.ts';
import { loadModel } from '#model/files.ts';
import { fineTune, type TrainingResult, transferStepsAtMost } from '#model/transfer.ts';
import { PRODUCE } from '../examples/icons/domains/produce.ts';
import { buildIconData } from '../examples/icons/icon-data.ts';
import { describeGeneralModel, generalModelFolder, readManifest } from './shared/general-model.ts';
import { type Summary, summary } from './shared/summary.ts';

const HELP = `npm run bench:transfer -- [--seeds 5] [--model DIR] [--json]

Accuracy on test images from icon sets that no training saw, without and with transfer learning. Every seed has photographs, variants,
splits and weights of its own; the general model is the same for all.

  --seeds N      how many                                        5
  --model DIR    general model; that of npm start when left out, or one trained as npm start does
  --json         last line: {seeds, baseline: {mean, sd}, transfer: {mean, sd}, uplift}`;

async function measureSeed(
  folder: string,
  seed: number,
): Promise<{ baseline: Measured; transfer: Measured }> {
  const { input, cutLayer } = await readManifest(folder);
  const out = join('.graft', 'bench', `seed-${seed}`);
  // Other photographs than those of npm start, whose seeds are small.
  await buildIconData({ out, seed: 1000 + seed, generalClasses: 0, domains: [PRODUCE] });
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
  const minimumSteps = transferStepsAtMost(recipe);
  const baseline = await measure(await trainBaseline({ ...task, minimumSteps }));
  general.dispose();
  return { baseline, transfer };
}

const show = ({ mean, sd }: Summary) => `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;

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
  const folder = await generalModelFolder(values.model);
  console.log(describeGeneralModel(folder, await readManifest(folder)));
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
