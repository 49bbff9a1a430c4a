import { availableParallelism } from 'node:os';
import { expectedCalibrationError } from '#core/calibration.ts';
import type { Input } from '#core/contracts/common.ts';
import type { Recipe } from '#core/contracts/domain.ts';
import type { Calibration } from '#core/contracts/evaluation.ts';
import type { Manifest } from '#core/contracts/manifest.ts';
import { SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import { type LabelledFiles, sampleByClass } from '../data/labelled-files.ts';
import { foldsByClass } from '../data/split.ts';
import { openGraph } from '../inference/open-graph.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { ModelProto } from '../onnx/proto/onnx_pb.js';
import { checkReference } from '../onnx/reference.ts';
import { withOutputs } from '../onnx/with-outputs.ts';
import type { TrainingHooks, TrainingRecord } from '../training/domain-training.ts';
import type { UnsureFeatures } from '../unsure/measure-domain.ts';
import { confidencesOf } from './calibration.ts';
import { decidableRecipe } from './decidable-recipe.ts';
import { extractForms, type FormFeatures } from './form-features.ts';
import { formsOf } from './forms.ts';
import { type Candidate, chooseCandidate } from './head.ts';
import { headPart } from './head-part.ts';
import { divideByTemperature } from './head-weights.ts';
import { openProducts, type Products } from './products.ts';
import { heldOutImages, type Trial, trainOnAll, tryViews, type ViewCandidate } from './trial.ts';
import { createValidationCurve } from './validation-curve.ts';
import { budgetVariants, leastVariants } from './variant-budget.ts';
import { distinctViews, type FeatureView, unsureViewOf, viewsOf } from './views.ts';

/**
 * Rows among which resizing and places are chosen. Where there are more, a part of the images decides, and
 * only the features that were chosen are computed for all.
 */
const ROWS_TO_CHOOSE = 1_000;

export interface GeneralModel {
  manifest: Pick<Manifest, 'input' | 'features' | 'model' | 'version'>;
  model: ModelProto;
}

export interface TransferOptions {
  general: GeneralModel;
  train: LabelledFiles;
  recipe: Recipe;
  /** Threads that compute; one for each core when left out. */
  threads?: number;
  /** Rows among which resizing and places are chosen; 1,000 when left out. */
  rowsToChoose?: number;
}

export interface TransferResult extends TrainingRecord {
  /** Outputs `probabilities`, and the features of `unsure`. */
  graph: ModelProto;
  /** The general model's input, with the resizing that was chosen. */
  input: Input;
  /** Of the training images; the caller closes the rows. */
  unsure: UnsureFeatures;
  /** What computed, with its version. */
  runtime: string;
}

/**
 * Transfer learning with a frozen backbone: each variant of each image passes through it once, and a
 * regularised softmax regression is trained on the cached features. A first run holds out training images to
 * choose resizing, places and regularisation, and to calibrate the probabilities. A second run trains with
 * these settings on all images, because with five images a class every image counts.
 *
 * @throws IntegrityError when the general model's features are not the manifest's
 * @throws the signal's reason, or InvalidInputError when an image can no longer be read
 */
export async function trainTransfer(
  {
    general,
    train,
    recipe: asked,
    threads = availableParallelism(),
    rowsToChoose = ROWS_TO_CHOOSE,
  }: TransferOptions,
  hooks: TrainingHooks = {},
): Promise<TransferResult> {
  const recipe = decidableRecipe(asked, train);
  const views = viewsOf(general.manifest.features, [recipe.places].flat());
  const all = distinctViews([...views, ...general.manifest.features.map(unsureViewOf)]);
  const forms = formsOf(general.manifest.input, recipe);
  const parts = all.map(({ part }) => part);
  const outputs = all.map(({ output }) => output);
  const closing: { close(): Promise<void> }[] = [];
  try {
    const products = await openProducts(threads);
    closing.push(products);
    const graph = withOutputs(general.model, parts, all.map(outputOf));
    const pool = await openGraph(graph, { inputs: forms, outputs, threads });
    closing.push(pool);
    await checkFeatures(pool, general.manifest);
    return await trainWith(
      { general, train, recipe, rowsToChoose, views, all, forms, pool, products },
      hooks,
    );
  } finally {
    for (const each of closing) await each.close();
  }
}

/** Compares with the manifest's reference, which has the means over all places. */
async function checkFeatures(pool: InferencePool, manifest: GeneralModel['manifest']): Promise<void> {
  const infer = async (pixels: Uint8Array) => {
    const [outputs] = await pool.infer({ image: { pixels } });
    return Object.fromEntries(
      manifest.features.map((features) => {
        const mean = pool.outputNames.indexOf(unsureViewOf(features).output);
        return [features.name, outputs![mean]!];
      }),
    );
  };
  await checkReference(infer, manifest);
}

interface Prepared extends Required<Omit<TransferOptions, 'threads'>> {
  /** Among which validation chooses. */
  views: readonly FeatureView[];
  /** The pool's outputs: these, and those that images of no class are found by. */
  all: readonly FeatureView[];
  forms: readonly Input[];
  pool: InferencePool;
  products: Products;
}

async function trainWith(prepared: Prepared, hooks: TrainingHooks): Promise<TransferResult> {
  const { general, train, recipe, pool, forms, products } = prepared;
  const { variants, budget } = await budgetVariants(pool, train, recipe, forms.length);
  const curve = createValidationCurve(hooks.onPoint);
  const trial: Trial = { images: train, recipe, products, curve, signal: hooks.signal };
  const { tried, chosen } = await choose(prepared, trial, variants);
  const { view, from, temperature } = chosen;
  const unsureView = unsureViewOf(general.manifest.features.find(({ name }) => name === view.features)!);
  try {
    const { weights, passes } = await trainOnAll(trial, from.rows.get(view.output)!, chosen);
    const { probabilities } = SERVED_OUTPUTS;
    const head = headPart(view.output, probabilities, divideByTemperature(weights, temperature));
    const parts = [...distinctViews([view, unsureView]).map(({ part }) => part), head];
    const folds = foldsByClass(train, recipe);
    return {
      graph: withOutputs(general.model, parts, [
        { name: probabilities, width: train.labels.length },
        outputOf(unsureView),
      ]),
      input: from.input,
      runtime: pool.runtime,
      unsure: { output: unsureView.output, rows: from.take(unsureView.output), images: train },
      curve: [...curve.points],
      bestStep: chosen.tried.step,
      steps: curve.step + passes,
      choices: {
        variants: from.perImage,
        variantBudget: budget,
        folds: folds.heads,
        validationImages: heldOutImages(folds),
        chosen: chosen.tried,
        tried: tried.map((candidate) => candidate.tried),
      },
      ...(recipe.calibration ? { calibration: calibrationOf(chosen) } : {}),
    };
  } finally {
    from.close();
  }
}

/**
 * Chooses resizing, places and regularisation by held-out images.
 *
 * @returns the chosen one's features are of all training images, and are left open
 */
async function choose(
  { general, train, rowsToChoose, views, all, forms, pool }: Prepared,
  trial: Trial,
  variants: number,
): Promise<{ tried: ViewCandidate[]; chosen: ViewCandidate }> {
  const { recipe, signal } = trial;
  const own = general.manifest.input.resize.fit;
  const some = sampleByClass(train, rowsToChoose, recipe.seed);
  const perImage = Math.max(leastVariants(some), Math.min(variants, Math.floor(rowsToChoose / some.size)));
  const features = await extractForms(pool, some, { forms, views: all, perImage, recipe, signal });
  let kept: FormFeatures | undefined;
  let tried: ViewCandidate[];
  let chosen: ViewCandidate;
  try {
    tried = await tryViews({ ...trial, images: some }, features, views);
    chosen = chooseCandidate(tried, own);
    if (some.size === train.size) kept = chosen.from;
  } finally {
    for (const each of features) if (each !== kept) each.close();
  }
  if (kept) return { tried, chosen };
  const { view, from } = chosen;
  const options = { forms: [from.input], views: all, perImage: variants, recipe, signal };
  const [full] = await extractForms(pool, train, options);
  try {
    const again = await tryViews(trial, [full!], [view]);
    return { tried: [...tried, ...again], chosen: chooseCandidate(again, own) };
  } catch (error) {
    full!.close();
    throw error;
  }
}

const outputOf = ({ output, width }: FeatureView) => ({ name: output, width });

function calibrationOf({ held, temperature }: Candidate): Omit<Calibration, 'test'> {
  return {
    temperature,
    validation: {
      before: expectedCalibrationError(confidencesOf(held, 1)),
      after: expectedCalibrationError(confidencesOf(held, temperature)),
    },
  };
}
