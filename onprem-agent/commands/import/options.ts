import { labelsSchema } from '#core/labels.ts';
import { parse } from '#core/parse.ts';
import { readRegularFile } from '#core/regular-file.ts';
import type { Size } from '#model/onnx/image-input.ts';
import { UsageError } from '../../cli/errors.ts';
import { explainFile } from '../../cli/file-error.ts';

/** Bytes of a file of labels at the most: ten thousand of a hundred letters each need less. */
const MAXIMUM_LABEL_BYTES = 4 * 1024 * 1024;

/** @example '224' → 224 × 224, '256x192' → 256 high, 192 wide */
export function sizeOption(text: string | undefined): Size | undefined {
  if (text === undefined) return undefined;
  const found = /^(\d+)(?:[x×](\d+))?$/.exec(text);
  if (found === null) {
    throw new UsageError(
      `--size is "${text}": expected pixels, for instance 224, or height x width, 256x192`,
    );
  }
  const [, height, width = height] = found;
  return { height: Number(height), width: Number(width) };
}

/**
 * Labels from a file, one a line, in the order of the classifier's outputs.
 *
 * @throws InvalidInputError naming the file and the label that is wrong
 */
export async function readLabels(path: string): Promise<string[]> {
  const bytes = await readRegularFile(path, MAXIMUM_LABEL_BYTES).catch((error: unknown) => {
    throw explainFile(path, error);
  });
  const lines = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  return parse(labelsSchema, lines, `"${path}"`, 'It needs one label a line, in the order of the outputs.');
}
