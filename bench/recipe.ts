import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedCalibrationError } from '#core/calibration.ts';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import type { Tried } from '#core/contracts/evaluation.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { RUNTIME } from '#model/onnx/session.ts';
import type { GeneralModel } from '#model/transfer/transfer.ts';
import { DOMAINS } from '../examples/icons/domains/index.ts';
import { buildIconData } from '../examples/icons/icon-data.ts';
import {
  describeGeneralModel,
  generalModelFolder,
  readGeneralModel,
  readManifest,
} from './shared/general-model.ts';
import { summary } from './shared/summary.ts';
import { type DomainFiles, readDomainFiles, trainAndTest } from './shared/train-and-test.ts';

const HELP = `npm run bench:recipe -- [--seeds 5] [--only NAME,NAME] [--model DIR] [--json]

What each part of the recipe is worth: accuracy, recall of the mean class and expected calibration error on test images, and the seconds
of transfer, with the default recipe and with one thing changed at a time, on both example domains. The photographs are none that
another benchmark or npm start uses: the defaults were chosen on these.

  --seeds N      how many                                                                  5
  --only NAMES   only these changes, and the defaults                                      all
  --model DIR    general model; that of npm start when left out, or one trained as npm start does
  --json         last line: {<domain>: {<change>: {accuracy, recall, calibrationError, seconds}}}, means`;

/** Photographs that no other benchmark and no `npm start` has. */
const FIRST_SEED = 5000;

/** Strengths and variants before the defaults were chosen anew on photographs. */
const EARLIER: Partial<Recipe> = { augmentation: 12, regularisation: [3, 1, 0.3, 0.1, 0.03] };

interface Variation extends Partial<Recipe> {
  /** Breiman's rule instead of the lowest loss: see `withinOneStandardError`. */
  oneStandardError?: true;
}

/** By what is changed. The first one is what the others are compared with. */
const VARIATIONS: Record<string, Variation> = {
  defaults: {},
  'no-augmentation': { augmentation: 1 },
  'augmentation-12': { augmentation: 12 },
  'augmentation-24': { augmentation: 24 },
  'stronger-regularisation': { regularisation: EARLIER.regularisation! },
  'weak-regularisation': { regularisation: 0.001 },
  'fixed-regularisation': { regularisation: 0.1 },
  'one-standard-error': { oneStandardError: true },
  'earlier-defaults': { ...EARLIER, oneStandardError: true },
  'earlier-lowest-loss': EARLIER,
  'one-place': { places: 1 },
  'four-places': { places: 2 },
  'stretch-only': { resize: 'stretch' },
  'single-hold-out': { folds: 1 },
  'no-class-weights': { classWeights: 'none' },
  'no-calibration': { calibration: false },
};

interface Figures {
  accuracy: number;
  /** Mean over the classes. */
  recall: number;
  calibrationError: number;
  seconds: number;
}

async function measure(
  general: GeneralModel,
  files: DomainFiles,
  recipe: Recipe,
  oneStandardError: boolean,
): Promise<Figures> {
  let { measured, seconds, result } = await trainAndTest(general, files, recipe);
  if (oneStandardError) {
    const again = await trainAndTest(general, files, withinOneStandardError(recipe, result.choices!.tried));
    measured = again.measured;
    seconds += again.seconds;
  }
  const { accuracy, recall, rows } = measured;
  const answers = rows.map(({ confidence, prediction, truth }) => ({
    confidence,
    right: prediction === truth,
  }));
  const recalls = Object.values(recall);
  return {
    accuracy,
    recall: recalls.reduce((sum, value) => sum + value, 0) / recalls.length,
    calibrationError: expectedCalibrationError(answers),
    seconds,
  };
}

/**
 * The strongest regularisation whose loss is within one standard error of the lowest one, with the places and
 * the resizing of the lowest one.
 */
function withinOneStandardError(recipe: Recipe, tried: readonly Tried[]): Recipe {
  const lowest = tried.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const near = tried.filter(
    ({ places, resize, validationLoss }) =>
      places === lowest.places &&
      resize === lowest.resize &&
      validationLoss <= lowest.validationLoss + lowest.standardError,
  );
  const regularisation = Math.max(...near.map((one) => one.regularisation));
  return { ...recipe, regularisation, places: lowest.places ?? 1, resize: lowest.resize };
}

/** One domain: each seed with all variations by turns, so that a busy machine is unfair to none. */
async function measureDomain(general: GeneralModel, domain: string, seeds: number, names: readonly string[]) {
  const figures = new Map(names.map((name) => [name, [] as Figures[]]));
  for (let seed = 1; seed <= seeds; seed++) {
    const out = join('.graft', 'bench', `recipe-${seed}`);
    await buildIconData({ out, seed: FIRST_SEED + seed, generalClasses: 0 });
    const files = await readDomainFiles(join(out, domain));
    for (const name of names) {
      const { oneStandardError = false, ...changes } = VARIATIONS[name]!;
      const recipe = recipeSchema.parse({ seed, ...changes });
      figures.get(name)!.push(await measure(general, files, recipe, oneStandardError));
    }
  }
  return figures;
}

function print(domain: string, figures: ReadonlyMap<string, readonly Figures[]>) {
  const first = [...figures.values()][0]!;
  console.log(
    `\n${domain}`.padEnd(25),
    'accuracy ± sd    against defaults    recall    calibration error    seconds',
  );
  for (const [name, runs] of figures) {
    const of = (pick: (run: Figures) => number) => summary(runs.map(pick));
    const accuracy = of((run) => run.accuracy);
    // Paired: both had the same images.
    const gain = summary(runs.map((run, i) => run.accuracy - first[i]!.accuracy));
    const error = gain.sd / Math.sqrt(runs.length);
    const columns = [
      `  ${name}`.padEnd(23),
      `${accuracy.mean.toFixed(3)} ± ${accuracy.sd.toFixed(3)}`,
      `${gain.mean >= 0 ? '+' : '−'}${Math.abs(gain.mean).toFixed(3)} (se ${error.toFixed(3)})`.padStart(18),
      of((run) => run.recall)
        .mean.toFixed(3)
        .padStart(8),
      of((run) => run.calibrationError)
        .mean.toFixed(3)
        .padStart(19),
      of((run) => run.seconds)
        .mean.toFixed(2)
        .padStart(9),
    ];
    console.log(columns.join('  '));
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '5' },
      only: { type: 'string' },
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
  const asked = values.only?.split(',') ?? Object.keys(VARIATIONS);
  const unknown = asked.find((name) => !(name in VARIATIONS));
  if (unknown !== undefined) {
    throw new InvalidInputError(`--only: there is no "${unknown}"`, {
      hint: `There are ${Object.keys(VARIATIONS).join(', ')}.`,
    });
  }
  const names = [...new Set(['defaults', ...asked])];
  const folder = await generalModelFolder(values.model);
  console.log(describeGeneralModel(folder, await readManifest(folder)));
  console.log(`${RUNTIME}, ${seeds} seeds`);
  const general = await readGeneralModel(folder);
  const result: Record<string, Record<string, Figures>> = {};
  for (const { name: domain } of DOMAINS) {
    const figures = await measureDomain(general, domain, seeds, names);
    print(domain, figures);
    const mean = (runs: readonly Figures[], key: keyof Figures) => summary(runs.map((run) => run[key])).mean;
    result[domain] = Object.fromEntries(
      [...figures].map(([name, runs]) => {
        const [accuracy, recall] = [mean(runs, 'accuracy'), mean(runs, 'recall')];
        const [calibrationError, seconds] = [mean(runs, 'calibrationError'), mean(runs, 'seconds')];
        return [name, { accuracy, recall, calibrationError, seconds }];
      }),
    );
  }
  if (values.json) console.log(JSON.stringify(result));
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
