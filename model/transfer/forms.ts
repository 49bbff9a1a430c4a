import type { Input, Resize } from '#core/contracts/common.ts';
import type { Recipe } from '#core/contracts/domain.ts';

/**
 * The general model's input with each way of resizing that the recipe names. The general model's own comes
 * with its own share of the image; another one cuts nothing away but what does not fit.
 */
export function formsOf(input: Input, { resize }: Pick<Recipe, 'resize'>): Input[] {
  return [resize].flat().map((fit): Input => {
    if (input.resize.fit === fit) return input;
    const other: Resize = fit === 'cover' ? { fit, crop: 1 } : { fit };
    return { ...input, resize: other };
  });
}
