import type { EvaluationRow } from '#core/contracts/evaluation.ts';

/** Features of one image as the frozen backbone gives them: shows that both sides have the same one. */
export interface FirstFeatures {
  /** Of the image. */
  id: string;
  values: number[];
}

/** What one side did with the images of one seed. */
export interface Turn {
  /** From images in memory to the model that the recipe keeps. */
  seconds: number;
  /** On the test images, of that model. */
  accuracy: number;
  rows: EvaluationRow[];
  features: FirstFeatures;
  version: string;
  /** Test accuracy after each epoch; the peer's only. */
  curve?: { seconds: number; accuracy: number }[];
}

/** All turns on the images of one seed. */
export interface Seed {
  seed: number;
  /** Undefined where TensorFlow for Python is missing. */
  keras: Turn | undefined;
  /** By backend. */
  ours: Map<string, Turn>;
}
