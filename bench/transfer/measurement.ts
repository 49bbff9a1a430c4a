import { join } from 'node:path';
import { z } from 'zod';
import { expectedCalibrationError } from '#core/calibration.ts';
import { recipeSchema } from '#core/contracts/domain.ts';
import { modeSchema } from '#core/contracts/evaluation.ts';
import { loadDataSet } from '#model/data/data-set.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { loadModel } from '#model/network/files.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { trainTransfer, transferStepsAtMost } from '#model/transfer/transfer.ts';
import { type ExampleDomain, withImagesPerClass } from '../../examples/icons/domains/example-domain.ts';
import { DOMAINS } from '../../examples/icons/domains/index.ts';
import { buildIconData } from '../../examples/icons/icon-data.ts';
import { readManifest } from '../shared/general-model.ts';

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

/**
 * Every seed has photographs, variants, splits and weights of its own.
 *
 * @param model folder of the general model
 */
export async function measure(model: string, task: Task): Promise<Measurement> {
  const { images, seed, mode } = task;
  const { input, cutLayer } = await readManifest(model);
  const folder = await photographs(task);
  const train = await loadDataSet(join(folder, 'train'), input);
  const test = await loadDataSet(join(folder, 'test'), input);
  const general = await loadModel(model);
  const recipe = recipeSchema.parse({ seed });
  const options = { general, cutLayer, train, recipe };
  const started = performance.now();
  const result =
    mode === 'transfer'
      ? await trainTransfer(options)
      : await trainBaseline({ ...options, minimumSteps: transferStepsAtMost(recipe) });
  const seconds = (performance.now() - started) / 1000;
  const { accuracy, rows } = await evaluate(result.model, test);
  result.model.dispose();
  general.dispose();
  const calibrationError = expectedCalibrationError(
    rows.map(({ confidence, truth, prediction }) => ({ confidence, right: truth === prediction })),
  );
  return { domain: task.domain, images, seed, mode, accuracy, calibrationError, seconds };
}

async function photographs({ domain: name, images, seed }: Task): Promise<string> {
  const domain = DOMAINS.find((candidate) => candidate.name === name)!;
  const out = join('.graft', 'bench', 'transfer', `${name}-${images ?? 'own'}-${seed}`);
  const domains: ExampleDomain[] = [images === null ? domain : withImagesPerClass(domain, images)];
  await buildIconData({ out, seed: FIRST_SEED + seed, generalClasses: 0, domains });
  return join(out, name);
}
