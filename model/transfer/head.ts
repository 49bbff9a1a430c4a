import type { Recipe } from '#core/contracts/domain.ts';
import type { Choices, CurvePoint } from '#core/contracts/evaluation.ts';
import { breathe, type TrainingHooks } from '../training/hooks.ts';
import { calibratedLoss, fitTemperature, standardErrorOfLoss } from './calibration.ts';
import type { HeadObjective, HeadScores, HeadWeights, HeldOut } from './head-objective.ts';
import { lbfgs } from './lbfgs.ts';

/** A head is trained when a pass over the rows lowers its loss by less than this share. */
const TOLERANCE = 1e-4;
/** Passes between two points of the curve. */
const PASSES_PER_POINT = 4;
/** Weaker regularisation is not tried any more after so many strengths in a row that validate worse. */
const PATIENCE = 2;
export type Tried = Choices['tried'][number];

/** One strength of regularisation, and how it did on what was held out. */
export interface Candidate {
  tried: Tried;
  /** One for each head. */
  points: Float64Array[];
  /** One for each head, on raw features. */
  weights: HeadWeights[];
  held: HeldOut;
  /** 1 where the recipe asks for no calibration. */
  temperature: number;
}

/** Counts passes over the rows and keeps the curve, over all candidates. */
export interface Course {
  readonly curve: CurvePoint[];
  readonly step: number;
  /** Notes one pass. */
  pass(scores: HeadScores): void;
  /** Notes a point of the curve now. */
  point(): void;
}

export function createCourse(onPoint: TrainingHooks['onPoint']): Course {
  const curve: CurvePoint[] = [];
  let step = 0;
  let last: HeadScores | undefined;
  const point = () => {
    if (last === undefined || curve.at(-1)?.step === step) return;
    curve.push({ step, ...last });
    onPoint?.(curve.at(-1)!);
  };
  return {
    curve,
    get step() {
      return step;
    },
    pass(scores) {
      step++;
      last = { ...scores, validationLoss: Math.max(0, scores.validationLoss) };
      if (step % PASSES_PER_POINT === 0) point();
    },
    point,
  };
}

/**
 * Trains all heads of an objective side by side to its minimum: a pass over the rows serves them all.
 *
 * @param starts one point for each head
 * @param passes at the most
 * @returns one point for each head
 */
export async function trainHeads(
  objective: HeadObjective,
  starts: readonly Float64Array[],
  regularisation: number,
  passes: number,
  hooks: { afterPass?: (scores: HeadScores) => void; signal?: AbortSignal | undefined },
): Promise<Float64Array[]> {
  const searches = starts.map((start) => lbfgs(start, { evaluations: passes, tolerance: TOLERANCE }));
  const answers = searches.map((search) => search.next());
  const points = answers.map(({ value }) => value);
  while (answers.some(({ done }) => !done)) {
    const { measured, scores } = objective.evaluate(points, regularisation);
    hooks.afterPass?.(scores);
    for (const [head, search] of searches.entries()) {
      if (answers[head]!.done) continue;
      answers[head] = search.next(measured[head]!);
      points[head] = answers[head]!.value;
    }
    await breathe(hooks.signal);
  }
  return points;
}

export interface TrialOptions {
  cutLayer: string;
  recipe: Recipe;
  /** Rows of each image. */
  variants: number;
  /** Images that are held out by one head or another. */
  validationImages: number;
  course: Course;
}

/**
 * Tries strengths of regularisation on what is held out, from the strongest on, each starting where the one before it ended.
 */
export async function tryStrengths(
  objective: HeadObjective,
  { cutLayer, recipe, variants, validationImages, course }: TrialOptions,
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const strengths = [recipe.regularisation].flat().sort((a, b) => b - a);
  const candidates: Candidate[] = [];
  let points = objective.zeros();
  let best = Number.POSITIVE_INFINITY;
  let worse = 0;
  for (const regularisation of strengths) {
    points = await trainHeads(objective, points, regularisation, recipe.epochs, {
      afterPass: course.pass,
      signal,
    });
    course.point();
    const held = objective.heldOut(points);
    const temperature = recipe.calibration ? fitTemperature(held, validationImages) : 1;
    const validationLoss = calibratedLoss(held, temperature);
    const { step, validationAccuracy } = course.curve.at(-1)!;
    const standardError = standardErrorOfLoss(held, temperature, variants);
    const tried = { cutLayer, regularisation, step, validationAccuracy, validationLoss, standardError };
    const weights = points.map((point, head) => objective.weights(head, point));
    candidates.push({ tried, points, weights, held, temperature });
    worse = validationLoss < best ? 0 : worse + 1;
    best = Math.min(best, validationLoss);
    if (worse === PATIENCE) break;
  }
  return candidates;
}

/**
 * Of the cut layer with the lowest loss on what was held out: the strongest regularisation that is within one standard error of it (the
 * one-standard-error rule, Breiman et al., "Classification and Regression Trees", 1984). It does better on images that are a little
 * different from the training images, as those to come are.
 */
export function chooseCandidate(candidates: readonly Candidate[]): Candidate {
  const best = candidates.reduce((a, b) => (b.tried.validationLoss < a.tried.validationLoss ? b : a));
  const goodEnough = best.tried.validationLoss + best.tried.standardError;
  return candidates.find(({ tried }) => {
    return tried.cutLayer === best.tried.cutLayer && tried.validationLoss <= goodEnough;
  })!;
}
