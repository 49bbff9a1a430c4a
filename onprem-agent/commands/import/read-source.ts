import { importKeras } from '#model/keras/import.ts';
import { identifyModel } from '#model/onnx/identify.ts';
import type { Size } from '#model/onnx/image-input.ts';
import type { ImportSource } from '#model/onnx/import-source.ts';
import { type ReadOptions, readOnnx } from '#model/onnx/read.ts';

/**
 * Reads a network by the format that its content shows.
 *
 * @param size for a network that takes images of any size
 * @throws InvalidInputError naming what is wrong with the file
 */
export async function readSource(
  path: string,
  { size, ...options }: ReadOptions & { size: Size | undefined },
): Promise<ImportSource> {
  const { format, file } = await identifyModel(path);
  if (format === 'onnx') return readOnnx(file, options);
  return importKeras(file, size === undefined ? {} : { size });
}
