import type { Input } from '#core/contracts/common.ts';
import type { Recipe } from '#core/contracts/domain.ts';
import type { LabelledFiles } from '../data/labelled-files.ts';
import type { InferencePool } from '../inference/pool.ts';
import { extractFeatures } from './extract.ts';
import type { FeatureRows } from './feature-rows.ts';
import type { FeatureView } from './views.ts';

/** Features of images that were resized in one way. */
export interface FormFeatures {
  input: Input;
  /** By the name of the output: one row for each variant of each image. */
  rows: ReadonlyMap<string, FeatureRows>;
  /** Variants of each image. */
  perImage: number;
  /** Rows that stay open when these features are closed; the caller closes them. */
  take(output: string): FeatureRows;
  close(): void;
}

export interface FormsOptions {
  /** Some of the pool's. */
  forms: readonly Input[];
  /** What the pool's outputs are, in its order. */
  views: readonly FeatureView[];
  perImage: number;
  recipe: Pick<Recipe, 'seed' | 'memoryMegabytes'>;
  signal?: AbortSignal | undefined;
}

/**
 * The features of the images, each resized in every way.
 *
 * @param pool takes these forms
 * @throws the signal's reason; nothing is left open
 */
export async function extractForms(
  pool: InferencePool,
  images: LabelledFiles,
  { forms, views, perImage, recipe, signal }: FormsOptions,
): Promise<FormFeatures[]> {
  const all: FormFeatures[] = [];
  try {
    for (const input of forms) {
      const rows = await extractFeatures(pool, images, {
        form: pool.inputs.indexOf(input),
        widths: views.map(({ width }) => width),
        variants: { perImage, seed: recipe.seed },
        memoryBytes: (recipe.memoryMegabytes * 2 ** 20) / forms.length,
        signal,
      });
      all.push(formFeatures(input, new Map(views.map(({ output }, i) => [output, rows[i]!])), perImage));
    }
    return all;
  } catch (error) {
    for (const { close } of all) close();
    throw error;
  }
}

function formFeatures(input: Input, rows: Map<string, FeatureRows>, perImage: number): FormFeatures {
  const taken = new Set<FeatureRows>();
  return {
    input,
    rows,
    perImage,
    take(output) {
      const own = rows.get(output)!;
      taken.add(own);
      return own;
    },
    close() {
      for (const each of rows.values()) if (!taken.has(each)) each.close();
    },
  };
}
