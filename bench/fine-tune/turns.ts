import type { EvaluationRow } from '#core/contracts/evaluation.ts';

/** What one side did with the images of one seed. */
export interface Turn {
  /** From images in memory to the model that the recipe keeps. */
  seconds: number;
  /** On the test images, of that model. */
  accuracy: number;
  rows: EvaluationRow[];
  version: string;
  /** Test accuracy after each epoch; the peer's only. */
  curve?: { seconds: number; accuracy: number }[];
  /** Means over the places of what its backbone gives for a synthetic image; the peer's only. */
  features?: number[];
}

/** All turns on the images of one seed. */
export interface Seed {
  seed: number;
  /** Undefined where TensorFlow for Python is missing. */
  keras: Turn | undefined;
  /** By what computes. */
  ours: Map<string, Turn>;
}
