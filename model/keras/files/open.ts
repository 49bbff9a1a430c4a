import { open, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import type { KerasModel } from '../network.ts';
import { openKerasFile } from './keras-file.ts';
import { openLayersModel } from './layers-model.ts';
import { openLegacyFile } from './legacy-file.ts';

/** Formats of files of Keras's models, by the names that manifests have for them. */
export type KerasFormat = 'keras' | 'keras-h5' | 'tfjs';

/** A model in a file, which has to be closed. */
export interface OpenModel extends KerasModel {
  format: KerasFormat;
  /** What wrote it, for instance "keras 3.15.1". */
  producer: string | undefined;
  /** The file that describes the model. */
  path: string;
  close(): void;
}

const HDF5_SIGNATURE = Buffer.from('894844460d0a1a0a', 'hex');
const ZIP_SIGNATURE = Buffer.from('504b', 'hex');
/** Reading a file at once ends here, as does an ONNX file. */
const MAX_SIZE = 2 ** 31 - 1;

/**
 * Opens a `.keras` or `.h5` file by what is in it, or `model.json` of TensorFlow.js or the folder of it.
 *
 * @throws InvalidInputError when it is none of these, or damaged
 */
export async function openKerasModel(path: string): Promise<OpenModel> {
  const folder = (await statOf(path)).isDirectory();
  const file = folder ? join(path, 'model.json') : path;
  const { size } = await statOf(file);
  if (size > MAX_SIZE)
    throw new InvalidInputError(`"${file}" has ${size} bytes; at most ${MAX_SIZE} can be read`);
  if (extname(file) === '.json') return openLayersModel(file);
  const start = await firstBytes(file);
  if (start.equals(HDF5_SIGNATURE)) return openLegacyFile(file);
  if (start.subarray(0, 2).equals(ZIP_SIGNATURE)) return openKerasFile(file);
  throw new InvalidInputError(`"${file}" is neither a ZIP file (.keras) nor an HDF5 file (.h5)`, {
    hint: 'Save the model with `model.save("model.keras")`.',
  });
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new NotFoundError(`There is no "${path}"`, { cause });
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
