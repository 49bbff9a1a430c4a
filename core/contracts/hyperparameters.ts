import { z } from 'zod';
import { nameSchema } from './common.ts';
import { modeSchema } from './evaluation.ts';

/** Some SDKs JSON-encode hyperparameters (`"\"transfer\""`): both forms are read. */
const unquote = (value: unknown) => {
  if (typeof value !== 'string' || !value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

/**
 * `/opt/ml/input/config/hyperparameters.json`, a flat map of strings. SageMaker limits it to 2,500
 * characters, so labels and recipe are in `domain.json`, which the job gets as its channel `domain`.
 */
export const hyperparametersSchema = z.strictObject({
  mode: z.preprocess(unquote, modeSchema),
  domain: z.preprocess(unquote, nameSchema),
});
export type Hyperparameters = z.output<typeof hyperparametersSchema>;
