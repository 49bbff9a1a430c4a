import { join } from 'node:path';
import * as z from 'zod';
import { expectedCalibrationError } from '#core/calibration.ts';
import { type Recipe, recipeSchema } from '#core/contracts/domain.ts';
import { modeSchema } from '#core/contracts/evaluation.ts';
import { SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { evaluate, type Measured } from '#model/evaluation/evaluate.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import { exportNetwork } from '#model/keras/export-network.ts';
import { networkOutputs } from '#model/network/build-network.ts';
import { BASELINE_INPUT, trainBaseline } from '#model/training/baseline.ts';
import { type ExampleDomain, withImagesPerClass } from '../../examples/icons/domains/example-domain.ts';
import { DOMAINS } from '../../examples/icons/domains/index.ts';
import { buildIconData } from '../../examples/icons/icon-data.ts';
import { readGeneralModel } from '../shared/general-model.ts';
import { readDomainFiles, trainAndTest } from '../shared/train-and-test.ts';

/** One training and its test. */
export const taskSchema = z.strictObject({
  domain: z.string(),
  /** Training images of each class; null: those that the domain has. */
  images: z.int().positive().nullable(),
  seed: z.int().positive(),
  mode: modeSchema,
});
export type Task = z.output<typeof taskSchema>;

export const measurementSchema = taskSchema.extend({
  accuracy: z.number(),
  /** See `core/calibration.ts`. */
  calibrationError: z.number(),
  /** Of the training alone. */
  seconds: z.number(),
});
export type Measurement = z.output<typeof measurementSchema>;

/**
 * The measurements, in the order in which an interrupted run is worth most: whole seeds, then the curve point
 * by point.
 */
export function tasksOf(
  domains: readonly string[],
  seeds: number,
  curve: { images: readonly number[]; seeds: number },
): Task[] {
  const both = (task: Omit<Task, 'mode'>): Task[] => [
    { ...task, mode: 'transfer' },
    { ...task, mode: 'baseline' },
  ];
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const main = upTo(seeds).flatMap((seed) =>
    domains.flatMap((domain) => both({ domain, images: null, seed })),
  );
  const points = upTo(curve.seeds).flatMap((seed) =>
    domains.flatMap((domain) => curve.images.flatMap((images) => both({ domain, images, seed }))),
  );
  return [...main, ...points];
}

/** Apart from those of `npm start`, which are small, and those on which anything was chosen (2001 and on). */
const FIRST_SEED = 1000;

const measured = ({ accuracy, rows }: Pick<Measured, 'accuracy' | 'rows'>) => ({
  accuracy,
  calibrationError: expectedCalibrationError(
    rows.map(({ confidence, truth, prediction }) => ({ confidence, right: truth === prediction })),
  ),
});

/**
 * Every seed has photographs, variants, splits and weights of its own.
 *
 * @param model folder of the general model
 */
export async function measure(model: string, task: Task): Promise<Measurement> {
  const folder = await photographs(task);
  const files = await readDomainFiles(folder);
  const recipe = recipeSchema.parse({ seed: task.seed });
  if (task.mode === 'transfer') {
    const { measured: result, seconds } = await trainAndTest(await readGeneralModel(model), files, recipe);
    return { ...task, ...measured(result), seconds };
  }
  return { ...task, ...(await baseline(folder, files.test, recipe)) };
}

async function baseline(folder: string, test: LabelledFiles, recipe: Recipe) {
  const train = await loadDataSet(join(folder, 'train'), BASELINE_INPUT);
  const started = performance.now();
  const { model } = await trainBaseline({ train, recipe });
  const seconds = (performance.now() - started) / 1_000;
  const graph = await exportNetwork(model, { outputs: networkOutputs(model) });
  model.dispose();
  train.close();
  // Its images of no class are not looked for here, so any number stands for how far out they are.
  const outputs = [SERVED_OUTPUTS.probabilities, SERVED_OUTPUTS.probabilities];
  const pool = await openGraph(graph, { inputs: [BASELINE_INPUT], outputs });
  try {
    return { ...measured(await evaluate(pool, test)), seconds };
  } finally {
    await pool.close();
  }
}

async function photographs({ domain: name, images, seed }: Task): Promise<string> {
  const domain = DOMAINS.find((candidate) => candidate.name === name)!;
  const out = join('.graft', 'bench', 'transfer', `${name}-${images ?? 'own'}-${seed}`);
  const domains: ExampleDomain[] = [images === null ? domain : withImagesPerClass(domain, images)];
  await buildIconData({ out, seed: FIRST_SEED + seed, generalClasses: 0, domains });
  return join(out, name);
}
