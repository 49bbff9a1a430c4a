import type { CurvePoint } from '#core/contracts/evaluation.ts';
import type { HeadScores } from './head-objective.ts';

/** Passes between two points of the curve. */
const PASSES_PER_POINT = 4;

/** Accuracy and loss over the passes of all candidates, one after the other. */
export interface ValidationCurve {
  readonly points: readonly CurvePoint[];
  /** Passes so far. */
  readonly step: number;
  /** Counts one pass. Every fourth one becomes a point. */
  addPass(scores: HeadScores): void;
  /** Makes the latest pass a point, if it is none yet. */
  endCandidate(): void;
}

/** @param onPoint is told of each point when it is added */
export function createValidationCurve(onPoint?: (point: CurvePoint) => void): ValidationCurve {
  const points: CurvePoint[] = [];
  let step = 0;
  let latest: HeadScores | undefined;
  const addPoint = () => {
    if (latest === undefined || points.at(-1)?.step === step) return;
    const point = { step, ...latest };
    points.push(point);
    onPoint?.(point);
  };
  return {
    points,
    get step() {
      return step;
    },
    addPass(scores) {
      step++;
      latest = scores;
      if (step % PASSES_PER_POINT === 0) addPoint();
    },
    endCandidate: addPoint,
  };
}
