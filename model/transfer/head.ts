import type { Recipe } from '#core/contracts/domain.ts';
import type { Tried } from '#core/contracts/evaluation.ts';
import { yieldToEventLoop } from '../yield-to-event-loop.ts';
import { calibratedLoss, fitTemperature, standardErrorOfLoss } from './calibration.ts';
import type { HeadObjective, HeadScores, HeldOut } from './head-objective.ts';
import { lbfgs } from './lbfgs.ts';
import type { ValidationCurve } from './validation-curve.ts';

/** Training ends when a pass over the rows lowers a head's loss by less than this share. */
const TOLERANCE = 1e-4;
/** After so many strengths in a row with a higher validation loss, no weaker one is tried. */
const PATIENCE = 2;

/** One strength of regularisation, and its result on the held-out rows. */
export interface Candidate {
  tried: Tried;
  /** The mean of the heads: where the training on all rows starts. */
  start: Float64Array;
  held: HeldOut;
  /** 1 where the recipe asks for no calibration. */
  temperature: number;
}

export interface HeadTrainingOptions {
  regularisation: number;
  /** At the most. */
  passes: number;
  afterPass?: (scores: HeadScores) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Trains all heads of an objective side by side, so that they share each pass over the rows.
 *
 * @param starts one point for each head
 * @returns one point for each head
 * @throws the signal's reason
 */
export async function trainHeads(
  objective: HeadObjective,
  starts: readonly Float64Array[],
  { regularisation, passes, afterPass, signal }: HeadTrainingOptions,
): Promise<Float64Array[]> {
  const searches = starts.map((start) => lbfgs(start, { evaluations: passes, tolerance: TOLERANCE }));
  const answers = searches.map((search) => search.next());
  const points = answers.map(({ value }) => value);
  while (answers.some(({ done }) => !done)) {
    const { measured, scores } = await objective.evaluate(points, regularisation);
    afterPass?.(scores);
    for (const [head, search] of searches.entries()) {
      if (answers[head]!.done) continue;
      answers[head] = search.next(measured[head]!);
      points[head] = answers[head]!.value;
    }
    await yieldToEventLoop(signal);
  }
  return points;
}

export interface TrialOptions {
  /** What the features are. */
  view: Pick<Tried, 'features' | 'places' | 'resize'>;
  recipe: Recipe;
  /** Rows of each image. */
  variants: number;
  /** Images that are held out by any head. */
  validationImages: number;
  curve: ValidationCurve;
}

/**
 * Tries strengths of regularisation on the held-out rows, from the strongest on. Each starts where the
 * previous one ended.
 */
export async function tryStrengths(
  objective: HeadObjective,
  { view, recipe, variants, validationImages, curve }: TrialOptions,
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const strengths = [recipe.regularisation].flat().sort((a, b) => b - a);
  const candidates: Candidate[] = [];
  let points = objective.zeros();
  let best = Number.POSITIVE_INFINITY;
  let worse = 0;
  for (const regularisation of strengths) {
    const options = { regularisation, passes: recipe.epochs, afterPass: curve.addPass, signal };
    points = await trainHeads(objective, points, options);
    curve.endCandidate();
    const held = await objective.heldOut(points);
    const temperature = recipe.calibration ? fitTemperature(held, validationImages) : 1;
    const validationLoss = calibratedLoss(held, temperature);
    const { step, validationAccuracy } = curve.points.at(-1)!;
    const standardError = standardErrorOfLoss(held, temperature, variants);
    const tried = { ...view, regularisation, step, validationAccuracy, validationLoss, standardError };
    candidates.push({ tried, start: meanOf(points), held, temperature });
    worse = validationLoss < best ? 0 : worse + 1;
    best = Math.min(best, validationLoss);
    if (worse === PATIENCE) break;
  }
  return candidates;
}

/**
 * Takes the lowest loss on the held-out rows, with one preference: images stay resized as the general model's
 * own are, unless another way of resizing lowers the loss by more than its standard error. The network was
 * trained on images of that form, and held-out training images have the same frames as those that a head
 * learns; docs/recipe.md has what both rules are worth.
 *
 * @param own how the general model resizes images
 */
export function chooseCandidate<Any extends Candidate>(
  candidates: readonly Any[],
  own: Tried['resize'],
): Any {
  const lowest = lowestLoss(candidates);
  const owns = candidates.filter(({ tried }) => tried.resize === own);
  if (owns.length === 0) return lowest;
  const ownLowest = lowestLoss(owns);
  const { validationLoss, standardError } = lowest.tried;
  return ownLowest.tried.validationLoss <= validationLoss + standardError ? ownLowest : lowest;
}

const lowestLoss = <Any extends Candidate>(candidates: readonly Any[]): Any =>
  candidates.reduce((a, b) => (b.tried.validationLoss < a.tried.validationLoss ? b : a));

const meanOf = (points: readonly Float64Array[]): Float64Array =>
  points[0]!.map((_, i) => points.reduce((sum, point) => sum + point[i]!, 0) / points.length);
