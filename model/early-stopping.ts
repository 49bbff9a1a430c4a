import type { CurvePoint } from '#core/contracts/evaluation.ts';

/** What fine-tuning and baseline report while they run, and how they are stopped. */
export interface TrainingHooks {
  onPoint?: (point: CurvePoint) => void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
  signal?: AbortSignal;
}

/** Follows a curve and says when it has stopped getting better. */
export interface EarlyStopping {
  readonly curve: CurvePoint[];
  /** The point with the highest validation accuracy; among equals the one with the lowest loss. */
  readonly best: CurvePoint;
  /** @returns whether this is the best point so far */
  add(point: CurvePoint): boolean;
  /** True after `patience` points without a better one, but not before `minimumSteps`. */
  isOver(): boolean;
}

export function createEarlyStopping(patience: number, minimumSteps = 0): EarlyStopping {
  const curve: CurvePoint[] = [];
  let bestIndex = -1;
  return {
    curve,
    get best() {
      const best = curve[bestIndex];
      if (!best) throw new RangeError('the curve has no point yet');
      return best;
    },
    add(point) {
      curve.push(point);
      const best = curve[bestIndex];
      const better =
        !best ||
        point.validationAccuracy > best.validationAccuracy ||
        (point.validationAccuracy === best.validationAccuracy && point.validationLoss < best.validationLoss);
      if (better) bestIndex = curve.length - 1;
      return better;
    },
    isOver: () => curve.length - 1 - bestIndex >= patience && curve[curve.length - 1]!.step >= minimumSteps,
  };
}

/** Lets timers, signals and sockets have their turn between two gradient steps, and stops when asked to. */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
