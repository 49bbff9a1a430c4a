import type { Calibration, Choices, CurvePoint } from '#core/contracts/evaluation.ts';

/** What both kinds of training report while they run, and how they are stopped. */
export interface TrainingHooks {
  onPoint?: (point: CurvePoint) => void;
  /** Is told where an interrupted training resumes, before its first step. */
  onResume?: (from: { phase: string; step: number; curve: readonly CurvePoint[] }) => void;
  /** When it aborts, its reason is thrown and nothing is left behind. */
  signal?: AbortSignal | undefined;
}

/** How a model of one domain was trained. */
export interface TrainingRecord {
  /** Of the run that held out validation images. */
  curve: CurvePoint[];
  /**
   * Step of that curve at which the setting that was kept ended. The model itself was trained with it on all
   * training images.
   */
  bestStep: number;
  /** Gradient steps of both runs together. */
  steps: number;
  /** Absent for the baseline. */
  choices?: Choices;
  /** Without the test images, which no training sees. */
  calibration?: Omit<Calibration, 'test'>;
}
