import type { CurvePoint } from '#core/contracts/evaluation.ts';

/** What fine-tuning and baseline report while they run, and how they are stopped. */
export interface TrainingHooks {
  onPoint?: (point: CurvePoint) => void;
  /** Hears where an interrupted training goes on, before its first step. */
  onResume?: (from: { phase: string; step: number; curve: readonly CurvePoint[] }) => void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
  signal?: AbortSignal;
}

/** Follows a curve and says when it has stopped getting better. */
export interface EarlyStopping {
  readonly curve: CurvePoint[];
  /** Of the points from `minimumSteps` on the one with the highest validation accuracy; among equals the one with the lowest loss. */
  readonly best: CurvePoint;
  add(point: CurvePoint): void;
  /** True after `patience` points without a better one. */
  isOver(): boolean;
}

export function createEarlyStopping(patience: number, minimumSteps = 0): EarlyStopping {
  const curve: CurvePoint[] = [];
  let bestIndex = -1;
  return {
    curve,
    get best() {
      const best = curve[bestIndex];
      if (!best) throw new RangeError(`the curve has no point from step ${minimumSteps} on`);
      return best;
    },
    add(point) {
      curve.push(point);
      if (point.step < minimumSteps) return;
      const best = curve[bestIndex];
      const better =
        !best ||
        point.validationAccuracy > best.validationAccuracy ||
        (point.validationAccuracy === best.validationAccuracy && point.validationLoss < best.validationLoss);
      if (better) bestIndex = curve.length - 1;
    },
    isOver: () => bestIndex >= 0 && curve.length - 1 - bestIndex >= patience,
  };
}

/** Lets timers, signals and sockets have their turn between two gradient steps, and stops when asked to. */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
