import { createRandom } from '#core/random.ts';
import { createFeatureRows } from '#model/transfer/feature-rows.ts';
import type { HeadTask } from '#model/transfer/head-objective.ts';
import type { Products } from '#model/transfer/products.ts';
import { standardise } from '#model/transfer/standardise.ts';

export const ROWS = 40;
export const WIDTH = 5;
export const LABELS = 3;

/** Features whose first values follow the class, at several scales. */
export function makeHeadTask(products: Products, changes: Partial<HeadTask> = {}): HeadTask {
  const random = createRandom('head');
  const classIndices = Int32Array.from({ length: ROWS }, (_, row) => row % LABELS);
  const values = Float32Array.from({ length: ROWS * WIDTH }, (_, at) => {
    const [row, i] = [Math.floor(at / WIDTH), at % WIDTH];
    return 1.5 ** i * (random.normal() + (classIndices[row] === i ? 2 : 0)) + 3;
  });
  const features = createFeatureRows(ROWS, WIDTH, 1e6);
  features.write(values, 0);
  const task: HeadTask = {
    features,
    classIndices,
    labelCount: LABELS,
    heads: 2,
    heldOutBy: Int8Array.from({ length: ROWS }, (_, row) => (row % 4) - 2),
    classWeights: Float64Array.of(1, 2, 0.5),
    scaling: standardise(features),
    products,
    ...changes,
  };
  const heldOutBy = task.heldOutBy.map((head) => (head < task.heads ? Math.max(-1, head) : -1));
  return { ...task, heldOutBy };
}
