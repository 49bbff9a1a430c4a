import * as z from 'zod';
import { nameSchema, versionSchema } from './common.ts';

/** Some SDKs JSON-encode hyperparameters (`"\"transfer\""`): both forms are read. */
function unquoted(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function unquotedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, unquoted(text)]));
}

/**
 * `/opt/ml/input/config/hyperparameters.json`, a flat map of strings. SageMaker limits it to 2,500
 * characters, so labels and recipe are in `domain.json`, which the job gets as its channel `domain`.
 */
export const hyperparametersSchema = z.preprocess(
  unquotedFields,
  z.discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: z.literal('transfer'), domain: nameSchema }),
      z.strictObject({
        mode: z.literal('baseline'),
        domain: nameSchema,
        /**
         * General model of the promotion, for the record. The job gets no channel `model`: a baseline takes
         * nothing of it.
         */
        model: nameSchema,
        version: versionSchema,
      }),
    ],
    { error: 'expected transfer or baseline' },
  ),
);
export type Hyperparameters = z.output<typeof hyperparametersSchema>;
